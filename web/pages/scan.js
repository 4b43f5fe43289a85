/** On a phone: asking the signed-in computer for a QR code, and reading it. The code's own link leads here. */

// First of all: the link leaves the address bar.
import { openedWith, takeToken, tokenIn } from "../ui/link.js";
import { startQr } from "../nod/index.js";
import { fill, h, icon } from "../ui/dom.js";
import { camera } from "../ui/camera.js";
import { deviceId, thisDevice, wasSignedIn } from "../ui/device.js";
import { submitting } from "../ui/form.js";
import { put, words } from "../ui/language.js";
import { problem, warning } from "../ui/outcome.js";
import { keepPending, pending } from "../ui/pending.js";
import { playCamera } from "../ui/play.js";
import { address, config, http } from "../ui/service.js";
import { drawShell, show } from "../ui/shell.js";
import { timeLeft, waitFor } from "../ui/waiting.js";

/** @import { SignIn } from "../nod/index.js" */

const { scan: text } = words;
let typed = "";
/**
 * The sign-in that waits for its code to be read, or for the number to be picked.
 *
 * @type {{ signIn: SignIn, cancel: HTMLElement, trouble: HTMLElement } | null}
 */
let underWay = null;

/** @param {...Node} notice */
function ask(...notice) {
  underWay = null;
  const forms = [byNumber(), byDevice()];
  show(
    h("h1", {}, text.title),
    ...notice,
    h("p", { class: "lead" }, text.lead),
    h("ol", { class: "todo" }, h("li", {}, put(text.stepPage, { address: address("/hand-over") })), h("li", {}, text.stepName)),
    wasSignedIn() ? forms.reverse() : forms,
    h(
      "div",
      { class: "steps" },
      config.sms && h("a", { href: "/phone", class: "button" }, icon("message"), words.signIn.byText),
      h("a", { href: "/sign-in", class: "button" }, icon("approve"), words.signIn.withDevice),
    ),
  );
}

function byNumber() {
  const number = h("input", { value: typed, required: true, type: "tel", autocomplete: "tel" });
  const trouble = h("div");
  const begin = async () => {
    typed = number.value;
    read(await startQr(http, { login: typed, device: thisDevice() }));
  };
  const button = h("button", { class: wasSignedIn() ? null : "primary" }, text.ask);
  const special = { invalid_request: text.noNumber, unknown_login: text.unknownNumber };
  return submitting(begin, trouble, [h("label", {}, text.number, number), trouble, button], special);
}

function byDevice() {
  const trouble = h("div");
  const begin = async () => read(await startQr(http, { login: `device:${deviceId()}`, device: thisDevice() }));
  const button = h("button", { class: wasSignedIn() ? "primary" : null }, text.byDevice);
  return submitting(begin, trouble, [trouble, button], { unknown_login: text.unknownDevice });
}

/** @param {SignIn} signIn */
function read(signIn) {
  const cancel = waitFor(signIn, ask);
  const trouble = h("div");
  underWay = { signIn, cancel, trouble };
  const view = h("div", { class: "camera" });
  const take = (/** @type {string} */ content) => {
    const token = URL.canParse(content) ? tokenIn(new URL(content).hash) : null;
    if (token !== null) void sent(token);
    return token !== null;
  };
  const look = async () => {
    open.disabled = true;
    await camera(view, take, trouble);
    open.disabled = false;
  };
  const open = h("button", { type: "button", class: "primary", onclick: () => void look() }, text.useCamera);
  show(
    h("h1", {}, text.point),
    h("p", {}, text.systemCamera),
    "BarcodeDetector" in globalThis && open,
    view,
    trouble,
    timeLeft(signIn),
    h("div", { class: "steps" }, cancel),
    playCamera(take),
  );
}

/**
 * Send what was read; then the computer asks for the number that is shown here.
 *
 * @param {string} token
 */
async function sent(token) {
  if (underWay === null) return;
  const { signIn, trouble } = underWay;
  fill(trouble);
  try {
    await signIn.scan(token);
    // Meanwhile the person may have given up.
    if (underWay?.signIn !== signIn) return;
    keepPending(signIn);
    pick();
  } catch (error) {
    fill(trouble, problem(error));
  }
}

function pick() {
  if (underWay === null) return;
  const { signIn, cancel, trouble } = underWay;
  const { mode, code } = signIn.started.verification ?? {};
  if (!code) return;
  show(
    h("h1", {}, mode === "enter" ? words.signIn.enter : text.pick),
    h("output", { class: "code" }, code),
    trouble,
    timeLeft(signIn),
    h("div", { class: "steps" }, cancel),
  );
}

/**
 * The page was opened, maybe by the phone's own camera through the link of a code.
 *
 * @param {string | null} token
 */
async function opened(token) {
  const kept = pending("qr");
  if (kept === null) return token === null ? ask() : ask(warning(text.noneStarted, text.noneStartedText));
  if (underWay === null) read(kept);
  if (token === null) pick();
  else await sent(token);
}

drawShell(text.title);
// Opening a link with only another fragment loads no page: the same is done then.
addEventListener("hashchange", () => {
  const token = takeToken();
  if (token !== null) void opened(token);
});
void opened(openedWith);
