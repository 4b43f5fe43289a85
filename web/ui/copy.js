/** A button that puts a text into the clipboard, and says that it did. */

import { h } from "./dom.js";
import { words } from "./language.js";
import { announce } from "./shell.js";

/**
 * @param {string} label
 * @param {string} text
 */
export function copyButton(label, text) {
  const button = h("button", { type: "button", onclick: () => void copy() }, label);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // The browser does not let the page: the text stands there to be marked and copied.
      return;
    }
    button.textContent = words.copied;
    announce(words.copied);
  };
  return button;
}
