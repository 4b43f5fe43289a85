/** Signing up and in with one text message. */

import { startPhone } from "../nod/index.js";
import { copyButton } from "../ui/copy.js";
import { h } from "../ui/dom.js";
import { isApple, isPhone, thisDevice } from "../ui/device.js";
import { submitting } from "../ui/form.js";
import { words } from "../ui/language.js";
import { pending } from "../ui/pending.js";
import { playPhone } from "../ui/play.js";
import { http } from "../ui/service.js";
import { drawShell, show } from "../ui/shell.js";
import { timeLeft, waitFor } from "../ui/waiting.js";

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
  show(
    h("h1", {}, text.waiting),
    h("p", {}, text.sendThis),
    h(
      "dl",
      { class: "card sms" },
      h("div", {}, h("dt", {}, text.to), h("dd", { id: "sms-to" }, to)),
      h("div", {}, h("dt", {}, text.text), h("dd", { id: "sms-body" }, body)),
    ),
    h(
      "div",
      { class: "steps" },
      isPhone() && h("a", { href: smsLink(signIn), class: "button primary" }, text.openMessages),
      copyButton(text.copy, body),
    ),
    !isPhone() && h("p", {}, text.onComputer),
    code && [h("p", {}, text.asked, " ", words.signIn[mode]), h("output", { class: "code" }, code)],
    timeLeft(signIn),
    h("div", { class: "steps" }, cancel),
    playPhone(body),
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

drawShell(text.title);
const underWay = pending("phone");
if (underWay) wait(underWay);
else ask();
