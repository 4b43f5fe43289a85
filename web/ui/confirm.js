/** Asking once more before something that cannot be taken back. */

import { h } from "./dom.js";

/**
 * Ask the person, in a dialog of the page; the focus is then again where it was.
 *
 * @param {string} question
 * @param {string} yes
 * @param {string} no
 * @returns {Promise<boolean>}
 */
export function confirmed(question, yes, no) {
  const dialog = h(
    "dialog",
    { "aria-label": question },
    h("p", {}, question),
    h("form", { method: "dialog", class: "steps" }, h("button", { value: "no" }, no), h("button", { value: "yes", class: "primary" }, yes)),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
