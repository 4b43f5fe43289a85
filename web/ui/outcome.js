/** How something ended, in plain words and with the next step. */

import { NodError } from "../nod/index.js";
import { address } from "./service.js";
import { put, words } from "./language.js";
import { h } from "./dom.js";
import { span } from "./time.js";

/**
 * @import { Child } from "./dom.js"
 * @typedef {Record<string, string[]>} Texts for error codes: title and advice
 */

/**
 * Title and advice for an error. One that is not the service's is a mistake of the pages: the browser is told of it.
 *
 * @param {unknown} error
 * @param {Texts} special what codes mean here, where that is more than it is everywhere
 * @returns {{ title: string, advice: string }}
 */
export function explained(error, special = {}) {
  if (!(error instanceof NodError)) reportError(error);
  const { code, retryAfter } = error instanceof NodError ? error : new NodError("internal", 0, "");
  /** @type {Texts} */
  const texts = { ...words.error, ...special };
  const known = texts[code === "slow_down" && retryAfter === null ? "held_back" : code];
  const [title = "", advice = ""] = known ?? words.error.internal;
  const values = { page: words.approve.title, address: address("/hand-over"), time: span((retryAfter ?? 0) * 1000) };
  return { title: put(title, values), advice: put(advice, values) };
}

/**
 * A message about an error, to be shown beside the form that it is about.
 *
 * @param {unknown} error
 * @param {Texts} [special]
 */
export function problem(error, special) {
  const { title, advice } = explained(error, special);
  return warning(title, advice);
}

/**
 * @param {string} title
 * @param {string} advice
 */
export function warning(title, advice) {
  return h("div", { class: "problem", role: "alert" }, h("strong", {}, title), " ", advice);
}

/**
 * A whole page about an error.
 *
 * @param {unknown} error
 * @param {...Child} steps what can be done next
 */
export function ending(error, ...steps) {
  const { title, advice } = explained(error);
  return [h("h1", {}, title), h("p", { role: "alert" }, advice), h("div", { class: "steps" }, ...steps)];
}
