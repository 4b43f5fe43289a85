/** What each page's shell names beforehand: every module that its own will import. Run by itself, it writes that down. */

import { readFile, readdir, writeFile } from "node:fs/promises";

const WEB = new URL("../", import.meta.url);
const PRELOADS = / *<link rel="modulepreload".*\n/g;
const STYLE = '    <link rel="stylesheet" href="/style.css">\n';

/** The shells, by the names of their files. */
export async function shells() {
  return (await readdir(WEB)).filter((name) => name.endsWith(".html"));
}

/** @param {string} path from the root of the pages */
export function read(path) {
  return readFile(new URL(`.${path}`, WEB), "utf8");
}

/** @param {string} shell */
export function withoutPreloads(shell) {
  return shell.replace(PRELOADS, "");
}

/**
 * A shell as it should be.
 *
 * @param {string} shell
 */
export async function withPreloads(shell) {
  const [, module = ""] = shell.match(/<script type="module" src="([^"]+)">/) ?? [];
  const links = [...(await imported(module))].sort().map((path) => `    <link rel="modulepreload" href="${path}">\n`);
  return withoutPreloads(shell).replace(STYLE, STYLE + links.join(""));
}

/**
 * All modules that one leads to.
 *
 * @param {string} path
 * @param {Set<string>} [found]
 */
async function imported(path, found = new Set()) {
  for (const [, to] of (await read(path)).matchAll(/^(?:import|export) .*?from "(\.[^"]+)";/gm)) {
    const { pathname } = new URL(String(to), `http://pages${path}`);
    if (found.has(pathname)) continue;
    found.add(pathname);
    await imported(pathname, found);
  }
  return found;
}

if (import.meta.main) {
  for (const name of await shells()) await writeFile(new URL(name, WEB), await withPreloads(await read(`/${name}`)));
}
