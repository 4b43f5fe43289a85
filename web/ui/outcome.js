/** How something ended, in plain words and with the next step. */

import { NodError } from "../nod/index.js";
import { address } from "./service.js";
import { put, words } from "./language.js";
import { h } from "./dom.js";
import { span } from "./time.js";

/** @import { Child } from "./dom.js" */

/**
 * Title and advice for an error.
 *
 * @param {unknown} error
 * @returns {{ title: string, advice: string }}
 */
export function explained(error) {
  if (!(error instanceof NodError)) throw error;
  const code = error.code === "slow_down" && error.retryAfter === null ? "held_back" : error.code;
  const known = /** @type {Record<string, unknown>} */ (words.error)[code];
  const [title, advice] = /** @type {[string, string]} */ (Array.isArray(known) ? known : words.error.internal);
  const values = {
    detail: error.message,
    brand: words.brand,
    address: address("/hand-over"),
    time: span((error.retryAfter ?? 0) * 1000),
  };
  return { title: put(title, values), advice: put(advice, values) };
}

/**
 * A message about an error, to be shown beside the form that it is about.
 *
 * @param {unknown} error
 */
export function problem(error) {
  const { title, advice } = explained(error);
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
