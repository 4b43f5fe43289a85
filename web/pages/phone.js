/** Signing up and in with one text message. */

import { startPhone } from "../nod/index.js";
import { h } from "../ui/dom.js";
import { isPhone, thisDevice } from "../ui/device.js";
import { submitting } from "../ui/form.js";
import { words } from "../ui/language.js";
import { pending } from "../ui/pending.js";
import { playPhone, putAway } from "../ui/play.js";
import { http } from "../ui/service.js";
import { drawShell, show } from "../ui/shell.js";
import { smsLink, textToSend } from "../ui/text.js";
import { timeLeft, waitFor } from "../ui/waiting.js";

/** @import { SignIn } from "../nod/index.js" */

const { phone: text } = words;

function ask() {
  const trouble = h("div");
  const begin = async () => {
    const signIn = await startPhone(http, { device: thisDevice() });
    wait(signIn);
    if (isPhone()) location.assign(smsLink(textOf(signIn)));
  };
  putAway();
  show(
    h("h1", {}, text.title),
    h("p", { class: "lead" }, text.lead),
    submitting(begin, trouble, [trouble, h("button", { class: "primary large" }, text.tap)]),
  );
}

/** @param {SignIn} signIn */
function wait(signIn) {
  const cancel = waitFor(signIn, ask);
  const sms = textOf(signIn);
  const { mode = "none", code = "" } = signIn.started.verification ?? {};
  show(
    h("h1", {}, text.waiting),
    h("p", {}, text.sendThis),
    textToSend(sms),
    !isPhone() && h("p", {}, text.onComputer),
    code && [h("p", {}, text.asked, " ", words.signIn[mode]), h("output", { class: "code" }, code)],
    timeLeft(signIn),
    h("div", { class: "steps" }, cancel),
  );
  playPhone(sms.body);
}

/** @param {SignIn} signIn */
function textOf({ started }) {
  return started.sms ?? { to: "", body: "" };
}

drawShell(text.title);
const underWay = pending("phone");
if (underWay) wait(underWay);
else ask();
