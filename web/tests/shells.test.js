/** The shells of the pages: all alike, and each names beforehand what its module will import. */

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { read, shells, withPreloads, withoutPreloads } from "./shells.js";

const MODULE = /\/pages\/[\w-]+\.js/;
const names = await shells();

test("there is a shell for every page", async () => {
  const pages = (await readdir(new URL("../pages/", import.meta.url))).map((name) => name.replace(".js", ""));
  const shown = names.map((name) => name.replace(".html", "").replace("index", "start"));
  assert.deepEqual(shown.sort(), pages.sort());
});

for (const name of names) {
  test(`${name} names every module that its page imports, and no other: make format writes them`, async () => {
    const shell = await read(`/${name}`);
    assert.match(shell, /modulepreload/);
    assert.equal(shell, await withPreloads(shell));
  });

  test(`${name} is like the others but for its module`, async () => {
    const [own, first] = [await read(`/${name}`), await read("/index.html")].map((shell) => withoutPreloads(shell).replace(MODULE, ""));
    assert.equal(own, first);
  });
}
