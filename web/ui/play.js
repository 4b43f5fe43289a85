/** On a local stack only: a phone and its camera, to be played by one person at one computer. */

import { NodError } from "../nod/index.js";
import { copyButton } from "./copy.js";
import { byId, fill, h } from "./dom.js";
import { submitting } from "./form.js";
import { put, words } from "./language.js";
import { config } from "./service.js";

/** @import { Child } from "./dom.js" */

const { play: text } = words;
// Beside the page's content: what the phone is answered stays while the page goes on.
const place = h("div", { class: "beside" });

/**
 * Somebody's phone, which sends this text; nothing where the stack is a real one.
 *
 * @param {string} body
 * @param {string} [number] whose phone it is
 */
export function playPhone(body, number = "+447700900123") {
  const { play: url } = config;
  if (url === undefined) return;
  const from = h("input", { value: number, required: true, inputmode: "tel", autocomplete: "off" });
  const trouble = h("div");
  const answer = h("p", { role: "status" });
  const send = async () => {
    const reply = await sent(url, from.value, body);
    fill(answer, reply ? put(text.reply, { text: reply }) : text.noReply);
  };
  const form = submitting(send, trouble, [h("label", {}, text.from, from), trouble, h("button", {}, text.send)]);
  byId("main").after(place);
  fill(place, panel(text.phone, text.phoneText, form, answer));
}

/** Put the phone away. */
export function putAway() {
  place.remove();
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
 * @param {(content: string) => boolean} take whether this is what was looked for
 */
export function playCamera(take) {
  if (config.play === undefined) return null;
  const link = h("input", { type: "url", required: true, autocomplete: "off" });
  const trouble = h("div");
  const see = async () => {
    if (!take(link.value)) throw new NodError("wrong_scan", 0, "this is not the link of a code");
  };
  return panel(text.camera, text.cameraText, submitting(see, trouble, [h("label", {}, text.link, link), trouble, h("button", {}, text.read)]));
}

/**
 * @param {string} url
 * @param {string} from
 * @param {string} body
 * @returns {Promise<string>} what the phone was answered
 */
async function sent(url, from, body) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ from, text: body }) }).catch(() => null);
  if (!response?.ok) throw new NodError(response?.status === 400 ? "invalid_request" : "offline", 0, "the text was not sent");
  return (await response.json()).reply;
}

/**
 * @param {string} title
 * @param {string} what
 * @param {...Child} content
 */
function panel(title, what, ...content) {
  return h("aside", { class: "card play", "aria-label": title }, h("h2", {}, title), h("p", { class: "quiet" }, what), ...content);
}
