/** The language of the page: the one that was chosen here, else the browser's. */

import { en } from "../words/en.js";
import { zh } from "../words/zh.js";
import { browser } from "./memory.js";

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
  browser.set(KEY, tag);
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

/**
 * A place as the service tells it, which is a name of its own but for one.
 *
 * @param {string | null | undefined} place
 */
export function placeName(place) {
  return place === "local network" ? words.localNetwork : place;
}

function chosen() {
  const tag = browser.get(KEY);
  return tag !== null && tag in LANGUAGES ? tag : null;
}

function preferred() {
  const first = navigator.languages.find((tag) => /^(en|zh)\b/i.test(tag)) ?? "en";
  return /^zh/i.test(first) ? "zh-Hans" : "en";
}
