/** On a phone: asking the signed-in computer for a QR code, and reading it. The code's own link leads here. */

import { startQr } from "../nod/index.js";
import { fill, h } from "../ui/dom.js";
import { camera } from "../ui/camera.js";
import { deviceId, thisDevice, wasSignedIn } from "../ui/device.js";
import { submitting } from "../ui/form.js";
import { put, words } from "../ui/language.js";
import { problem } from "../ui/outcome.js";
import { keepPending, pending } from "../ui/pending.js";
import { playCamera } from "../ui/play.js";
import { address, http } from "../ui/service.js";
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
  const number = h("input", { value: typed, required: true, type: "tel", autocomplete: "tel" });
  const trouble = h("div");
  const byNumber = async () => {
    typed = number.value;
    read(await startQr(http, { login: typed, device: thisDevice() }));
  };
  const troubleOfDevice = h("div");
  const byDevice = async () => read(await startQr(http, { login: `device:${deviceId()}`, device: thisDevice() }));
  const isKnown = wasSignedIn();
  const forms = [
    submitting(
      byDevice,
      troubleOfDevice,
      troubleOfDevice,
      h("button", { class: isKnown ? "primary" : null }, text.byDevice),
    ),
    submitting(
      byNumber,
      trouble,
      h("label", {}, text.number, number),
      trouble,
      h("button", { class: isKnown ? null : "primary" }, text.ask),
    ),
  ];
  show(
    h("h1", {}, text.title),
    ...notice,
    h("p", { class: "lead" }, text.lead),
    h("ol", { class: "todo" }, h("li", {}, put(text.stepPage, { address: address("/hand-over") })), h("li", {}, text.stepName)),
    isKnown ? forms : forms.reverse(),
  );
}

/** @param {SignIn} signIn */
function read(signIn) {
  const cancel = waitFor(signIn, ask);
  const trouble = h("div");
  underWay = { signIn, cancel, trouble };
  const view = h("div", { class: "camera" });
  const found = async (/** @type {string} */ link) => {
    const token = tokenIn(new URL(link).hash);
    if (token) await sent(token);
  };
  const open = h("button", { type: "button", class: "primary", onclick: () => void camera(view, found, trouble) }, text.useCamera);
  show(
    h("h1", {}, text.point),
    h("p", {}, text.systemCamera),
    "BarcodeDetector" in globalThis && open,
    view,
    trouble,
    timeLeft(signIn),
    h("div", { class: "steps" }, cancel),
    playCamera(found),
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

/** @param {string} fragment */
function tokenIn(fragment) {
  return new URLSearchParams(fragment.slice(1)).get("scan_token");
}

/** The phone's own camera has opened the link: what it holds leaves the address bar at once. */
async function opened() {
  const token = tokenIn(location.hash);
  if (token) history.replaceState(null, "", location.pathname);
  const kept = pending("qr");
  if (kept === null) {
    const unasked = h("div", { class: "problem", role: "alert" }, h("strong", {}, text.noneStarted), " ", text.noneStartedText);
    return token ? ask(unasked) : ask();
  }
  if (underWay === null) read(kept);
  if (token) await sent(token);
  else pick();
}

drawShell(text.title);
// Opening a link with only another fragment loads no page: the same is done then.
addEventListener("hashchange", () => {
  if (tokenIn(location.hash)) void opened();
});
void opened();
