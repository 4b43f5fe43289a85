/** A button that puts a text into the clipboard, and says that it did. */

import { h } from "./dom.js";
import { words } from "./language.js";
import { announce } from "./shell.js";

const SAID_FOR_MS = 3000;

/**
 * @param {string} label
 * @param {string} text
 */
export function copyButton(label, text) {
  const button = h("button", { type: "button", onclick: () => void copy() }, label);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      say(words.copied);
    } catch {
      // The browser does not let the page: the text stands there to be marked and copied.
      say(words.notCopied);
    }
  };
  const say = (/** @type {string} */ what) => {
    button.textContent = what;
    announce(what);
    setTimeout(() => (button.textContent = label), SAID_FOR_MS);
  };
  return button;
}
