/** What the pages say: the same in both languages, and something for everything that can go wrong. */

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import { en } from "../words/en.js";
import { zh } from "../words/zh.js";

/**
 * Every text by the way that leads to it.
 *
 * @param {object} words
 * @param {string} [way]
 * @returns {[string, string][]}
 */
function texts(words, way = "") {
  return Object.entries(words).flatMap(([key, value]) => {
    /** @type {[string, string][]} */
    const here = [[`${way}${key}`, value]];
    return typeof value === "string" ? here : texts(value, `${way}${key}.`);
  });
}

/**
 * The values that each text takes.
 *
 * @param {object} words
 */
function placeholders(words) {
  return Object.fromEntries(texts(words).map(([way, text]) => [way, (text.match(/\{\w+\}/g) ?? []).sort()]));
}

test("both languages have the same texts, and put the same values into each", () => {
  assert.deepEqual(placeholders(zh), placeholders(en));
});

test("no text is empty", () => {
  for (const words of [en, zh]) for (const [way, text] of texts(words)) assert.notEqual(text.trim(), "", way);
});

test("every error of the service has a title and advice", async () => {
  const source = await readFile(new URL("../../layers/nod/nod/errors.py", import.meta.url), "utf8");
  const codes = Array.from(source.matchAll(/^ {4}code\b[^=]*= "(\w+)"/gm), ([, code]) => String(code));
  assert.equal(codes.length, source.match(/^ {4}code\b/gm)?.length);
  assert.ok(codes.includes("slow_down"));
  for (const { error } of [en, zh]) {
    const said = new Map(Object.entries(error));
    for (const code of codes) assert.equal(Array.isArray(said.get(code)) && said.get(code)?.length, 2, code);
  }
});

test("every text is said by some page", async () => {
  const folders = ["nod", "ui", "pages"];
  const files = await Promise.all(
    folders.map(async (folder) => {
      const url = new URL(`../${folder}/`, import.meta.url);
      return Promise.all((await readdir(url)).map((name) => readFile(new URL(name, url), "utf8")));
    }),
  );
  const source = files.flat().join("\n");
  // What is looked up by a value that the service sends, or by a key of its own.
  const byValue = /^(error|connection|device)\.|^approve\.(method|answered)\.|^handOver\.closed\.|^signIn\.(choose|enter|compare|none|echo)$|^language$/;
  const unsaid = texts(en).flatMap(([way]) => {
    const said = way.replace(/\.\d$/, "");
    return byValue.test(said) || source.match(new RegExp(`\\b${said.split(".").at(-1)}\\b`)) ? [] : [said];
  });
  assert.deepEqual(unsaid, []);
});
