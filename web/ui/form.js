/** Forms that do something, and say why they could not. */

import { fill, h } from "./dom.js";
import { problem } from "./outcome.js";

/**
 * @import { Child } from "./dom.js"
 * @import { Texts } from "./outcome.js"
 */

/**
 * A form that does something, and says in `trouble` why it could not.
 *
 * @param {() => Promise<void>} what
 * @param {HTMLElement} trouble
 * @param {Child[]} children
 * @param {Texts} [special] what error codes mean here
 */
export function submitting(what, trouble, children, special) {
  const form = h("form", {}, ...children);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    fill(trouble);
    form.ariaBusy = "true";
    try {
      await what();
    } catch (error) {
      fill(trouble, problem(error, special));
    } finally {
      form.ariaBusy = "false";
    }
  });
  return form;
}
