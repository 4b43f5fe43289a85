/** Forms that do something, and say why they could not. */

import { fill, h } from "./dom.js";
import { problem } from "./outcome.js";

/**
 * A form that does something, and says in `trouble` why it could not.
 *
 * @param {() => Promise<void>} what
 * @param {HTMLElement} trouble
 * @param {...Node} children
 */
export function submitting(what, trouble, ...children) {
  const form = h("form", {}, ...children);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    fill(trouble);
    form.ariaBusy = "true";
    try {
      await what();
    } catch (error) {
      fill(trouble, problem(error));
    } finally {
      form.ariaBusy = "false";
    }
  });
  return form;
}
