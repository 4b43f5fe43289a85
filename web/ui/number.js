/** Binding a phone number to the account of this device: the phone proves it by a text message. */

import { NodError } from "../nod/index.js";
import { fill, h } from "./dom.js";
import { submitting } from "./form.js";
import { put, words } from "./language.js";
import { playPhone, putAway } from "./play.js";
import { session } from "./service.js";
import { announce } from "./shell.js";
import { textToSend } from "./text.js";
import { countdown, timeUntil } from "./time.js";

/**
 * @import { Text } from "./text.js"
 * @typedef {{ login: string, kind: "phone" | "username" | "email" | "device" }} Login
 */

const ASK_EVERY_MS = 2500;
// With its country code: what is written otherwise could be a username, and would be bound as one.
const NUMBER = /^\s*(\+|00)[\d\s().-]+$/;
const { handOver: text } = words;

/** The phone numbers of the account. */
export async function numbers() {
  /** @type {{ logins: Login[] }} */
  const { logins } = await session.call("GET", "/account");
  return logins.filter(({ kind }) => kind === "phone").map(({ login }) => login);
}

/**
 * A form that adds one.
 *
 * @param {HTMLElement} place where it is drawn
 * @param {() => void} added
 */
export function addNumber(place, added) {
  const number = h("input", { type: "tel", required: true, autocomplete: "tel" });
  const trouble = h("div");
  const begin = async () => {
    if (!NUMBER.test(number.value)) throw new NodError("invalid_request", 0, "this is no number");
    const unproven = await session.call("POST", "/account/logins", { login: number.value });
    prove(place, number.value, unproven, added);
    playPhone(unproven.sms.body, number.value);
  };
  const button = h("button", {}, text.add);
  const special = { invalid_request: words.scan.noNumber, login_taken: text.takenNumber };
  fill(place, submitting(begin, trouble, [h("label", {}, words.scan.number, number), trouble, button], special));
}

/**
 * Show what is to be sent, until it has arrived or its time is over.
 *
 * @param {HTMLElement} place
 * @param {string} number
 * @param {{ sms: Text, expires_at: string }} unproven
 * @param {() => void} added
 */
function prove(place, number, { sms, expires_at: end }, added) {
  const over = () => {
    putAway();
    addNumber(place, added);
  };
  const left = h("p", { class: "quiet" }, countdown(() => timeUntil(end), (time) => put(words.signIn.left, { time }), over));
  const cancel = h("button", { type: "button", onclick: over }, words.signIn.cancel);
  fill(place, h("p", {}, put(text.prove, { number })), ...textToSend(sms), left, h("div", { class: "steps" }, cancel));
  void arrived(left, added);
}

/**
 * @param {HTMLElement} shown as long as it is waited for
 * @param {() => void} added
 */
async function arrived(shown, added) {
  while (shown.isConnected) {
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    try {
      if (shown.isConnected && (await numbers()).length > 0) {
        announce(text.added);
        return added();
      }
    } catch (error) {
      // Whoever is signed out, or not connected, is told so elsewhere.
      if (!(error instanceof NodError)) throw error;
    }
  }
}
