/** A text message that a phone is to send, just as it is. */

import { copyButton } from "./copy.js";
import { isApple, isPhone } from "./device.js";
import { h } from "./dom.js";
import { words } from "./language.js";

/** @typedef {{ to: string, body: string }} Text */

const { phone: text } = words;

/**
 * What is to be sent, and how: on a phone by one tap, on a computer by reading it off.
 *
 * @param {Text} sms
 */
export function textToSend(sms) {
  return [
    h(
      "dl",
      { class: "card sms" },
      h("div", {}, h("dt", {}, text.to), h("dd", { id: "sms-to" }, sms.to)),
      h("div", {}, h("dt", {}, text.text), h("dd", { id: "sms-body" }, sms.body)),
    ),
    h(
      "div",
      { class: "steps" },
      isPhone() && h("a", { href: smsLink(sms), class: "button primary" }, text.openMessages),
      copyButton(text.copy, sms.body),
    ),
  ];
}

/**
 * Phones differ in how the text is given: iPhones take `&`, others `?` (RFC 5724).
 *
 * @param {Text} sms
 */
export function smsLink({ to, body }) {
  return `sms:${to}${isApple() ? "&" : "?"}body=${encodeURIComponent(body)}`;
}
