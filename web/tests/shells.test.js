/** The shells of the pages: all alike, and each names beforehand what its module will import. */

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

const WEB = new URL("../", import.meta.url);
const shells = (await readdir(WEB)).filter((name) => name.endsWith(".html"));

/** @param {string} path from the root of the pages */
function read(path) {
  return readFile(new URL(`.${path}`, WEB), "utf8");
}

/**
 * All modules that one leads to.
 *
 * @param {string} path
 * @param {Set<string>} [found]
 */
async function imported(path, found = new Set()) {
  const source = await read(path);
  for (const [, to] of source.matchAll(/^(?:import|export) .*?from "(\.[^"]+)";/gm)) {
    const { pathname } = new URL(String(to), `http://pages${path}`);
    if (found.has(pathname)) continue;
    found.add(pathname);
    await imported(pathname, found);
  }
  return found;
}

test("there is a shell for every page", async () => {
  const pages = (await readdir(new URL("pages/", WEB))).map((name) => name.replace(".js", ""));
  const names = shells.map((name) => name.replace(".html", "").replace("index", "start"));
  assert.deepEqual(names.sort(), pages.sort());
});

for (const name of shells) {
  test(`${name} names every module that its page imports, and no other`, async () => {
    const shell = await read(`/${name}`);
    const [, module = ""] = shell.match(/<script type="module" src="([^"]+)">/) ?? [];
    const wanted = [...(await imported(module))].sort().map((path) => `<link rel="modulepreload" href="${path}">`);
    assert.ok(wanted.length > 0);
    assert.deepEqual(shell.match(/<link rel="modulepreload"[^>]*>/g), wanted);
  });

  test(`${name} is like the others but for its module`, async () => {
    const own = (await read(`/${name}`)).replace(/ *<link rel="modulepreload".*\n/g, "").replace(/\/pages\/[\w-]+\.js/, "");
    const first = (await read("/index.html")).replace(/ *<link rel="modulepreload".*\n/g, "").replace(/\/pages\/[\w-]+\.js/, "");
    assert.equal(own, first);
  });
}
