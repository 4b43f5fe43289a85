/** On a local stack only: a phone and its camera, to be played by one person at one computer. */

import { copyButton } from "./copy.js";
import { fill, h } from "./dom.js";
import { submitting } from "./form.js";
import { put, words } from "./language.js";
import { config } from "./service.js";

/** @import { Child } from "./dom.js" */

const { play: text } = words;

/**
 * Somebody's phone, which sends this text; nothing where the stack is a real one.
 *
 * @param {string} body
 */
export function playPhone(body) {
  const { play: url } = config;
  if (url === undefined) return null;
  const from = h("input", { value: "+447700900123", required: true, inputmode: "tel", autocomplete: "off" });
  const trouble = h("div");
  const answer = h("p", { role: "status" });
  const send = async () => {
    const response = await fetch(url, { method: "POST", body: JSON.stringify({ from: from.value, text: body }) });
    const { reply } = await response.json();
    fill(answer, put(text.reply, { text: reply }));
  };
  const form = submitting(send, trouble, h("label", {}, text.from, from), trouble, h("button", {}, text.send));
  return panel(text.phone, text.phoneText, form, answer);
}

/**
 * What is on the screen for a camera to see; nothing where the stack is a real one.
 *
 * @param {string} url that the QR code holds
 */
export function playScreen(url) {
  if (config.play === undefined) return null;
  return panel(text.screen, text.screenText, h("p", { class: "link" }, url), copyButton(text.copyLink, url));
}

/**
 * A camera that has seen what is pasted; nothing where the stack is a real one.
 *
 * @param {(content: string) => Promise<void>} seen
 */
export function playCamera(seen) {
  if (config.play === undefined) return null;
  const link = h("input", { type: "url", required: true, autocomplete: "off" });
  const trouble = h("div");
  const form = submitting(() => seen(link.value), trouble, h("label", {}, text.link, link), trouble, h("button", {}, text.read));
  return panel(text.camera, text.cameraText, form);
}

/**
 * @param {string} title
 * @param {string} what
 * @param {...Child} content
 */
function panel(title, what, ...content) {
  return h("aside", { class: "card play", "aria-label": title }, h("h2", {}, title), h("p", { class: "quiet" }, what), ...content);
}
