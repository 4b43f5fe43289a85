/** The language of the page: the one that was chosen here, else the browser's. */

import { en } from "../words/en.js";
import { zh } from "../words/zh.js";

/** @import { Words } from "../words/en.js" */

const KEY = "nod.language";

/** @type {Record<string, Words>} */
export const LANGUAGES = { en, "zh-Hans": zh };

/** The tag of the language (BCP 47), a key of `LANGUAGES`. */
export const language = chosen() ?? preferred();

/** What the page says. */
export const words = LANGUAGES[language] ?? en;

/**
 * Use this language from now on; the page is drawn anew.
 *
 * @param {string} tag
 */
export function choose(tag) {
  localStorage.setItem(KEY, tag);
  location.reload();
}

/**
 * Put values into a text: `{name}` stands for `values.name`.
 *
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export function put(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

function chosen() {
  const tag = localStorage.getItem(KEY);
  return tag !== null && tag in LANGUAGES ? tag : null;
}

function preferred() {
  const first = navigator.languages.find((tag) => /^(en|zh)\b/i.test(tag)) ?? "en";
  return /^zh/i.test(first) ? "zh-Hans" : "en";
}
