/** Signing up and in with one text message. */

import { startPhone } from "../nod/index.js";
import { fill, h } from "../ui/dom.js";
import { isApple, isPhone, thisDevice } from "../ui/device.js";
import { submitting } from "../ui/form.js";
import { put, words } from "../ui/language.js";
import { pending } from "../ui/pending.js";
import { config, http } from "../ui/service.js";
import { announce, drawShell, show } from "../ui/shell.js";
import { countdown } from "../ui/time.js";
import { waitFor } from "../ui/waiting.js";

/** @import { SignIn } from "../nod/index.js" */

const { phone: text } = words;

function ask() {
  const trouble = h("div");
  const begin = async () => {
    const signIn = await startPhone(http, { device: thisDevice() });
    wait(signIn);
    if (isPhone()) location.assign(smsLink(signIn));
  };
  show(
    h("h1", {}, text.title),
    h("p", { class: "lead" }, text.lead),
    submitting(begin, trouble, trouble, h("button", { class: "primary large" }, text.tap)),
  );
}

/** @param {SignIn} signIn */
function wait(signIn) {
  const cancel = waitFor(signIn, ask);
  const { to, body } = signIn.started.sms ?? { to: "", body: "" };
  const { mode = "none", code = "" } = signIn.started.verification ?? {};
  const copy = h("button", { type: "button", onclick: () => void copied(copy, body) }, text.copy);
  show(
    h("h1", {}, text.waiting),
    h("p", {}, text.sendThis),
    h(
      "dl",
      { class: "card sms" },
      h("div", {}, h("dt", {}, text.to), h("dd", { id: "sms-to" }, to)),
      h("div", {}, h("dt", {}, text.text), h("dd", { id: "sms-body" }, body)),
    ),
    h("div", { class: "steps" }, isPhone() && h("a", { href: smsLink(signIn), class: "button primary" }, text.openMessages), copy),
    !isPhone() && h("p", {}, text.onComputer),
    code && [h("p", {}, text.asked, " ", words.signIn[mode]), h("output", { class: "code" }, code)],
    h("p", { class: "quiet" }, countdown(() => signIn.timeLeft, (left) => put(words.signIn.left, { time: left }))),
    h("div", { class: "steps" }, cancel),
    config.play && play(config.play, body),
  );
}

/**
 * Phones differ in how the text is given: iPhones take `&`, others `?` (RFC 5724).
 *
 * @param {SignIn} signIn
 */
function smsLink({ started }) {
  const { to, body } = started.sms ?? { to: "", body: "" };
  return `sms:${to}${isApple() ? "&" : "?"}body=${encodeURIComponent(body)}`;
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} body
 */
async function copied(button, body) {
  try {
    await navigator.clipboard.writeText(body);
  } catch {
    // The browser does not let the page: the text stands there to be marked and copied.
    return;
  }
  button.textContent = text.copied;
  announce(text.copied);
}

/**
 * On a local stack: somebody's phone, to be played by whoever sits at the computer.
 *
 * @param {string} url
 * @param {string} body
 */
function play(url, body) {
  const from = h("input", { value: "+447700900123", required: true, inputmode: "tel", autocomplete: "off" });
  const trouble = h("div");
  const answer = h("p", { role: "status" });
  const send = async () => {
    const response = await fetch(url, { method: "POST", body: JSON.stringify({ from: from.value, text: body }) });
    const { reply } = await response.json();
    fill(answer, put(text.playReply, { text: reply }));
  };
  return h(
    "aside",
    { class: "card play" },
    h("h2", {}, text.play),
    h("p", { class: "quiet" }, text.playText),
    submitting(send, trouble, h("label", {}, text.playFrom, from), trouble, h("button", {}, text.playSend)),
    answer,
  );
}

drawShell(text.title);
const underWay = pending("phone");
if (underWay) wait(underWay);
else ask();
