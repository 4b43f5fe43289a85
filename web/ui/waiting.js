/** Waiting for a sign-in to be decided, and what comes then. It is the same whichever way it was started. */

import { NodError } from "../nod/index.js";
import { rememberSignedIn } from "./device.js";
import { h, icon } from "./dom.js";
import { put, words } from "./language.js";
import { ending } from "./outcome.js";
import { forgetPending, keepPending } from "./pending.js";
import { config, http, session } from "./service.js";
import { show } from "./shell.js";
import { onwards } from "./signed-in.js";
import { countdown } from "./time.js";

/**
 * @import { SignIn } from "../nod/index.js"
 * @import { Grant } from "../nod/sign_in.js"
 */

/**
 * Wait, and show how it ends. What the page shows meanwhile is its own, with `cancel` in it.
 *
 * @param {SignIn} signIn
 * @param {() => void} again shows the form once more
 * @returns {HTMLButtonElement} gives the sign-in up
 */
export function waitFor(signIn, again) {
  const waiting = new AbortController();
  void collect(signIn, again, waiting.signal);
  const giveUp = () => {
    waiting.abort();
    void signIn.cancel().catch(() => {});
    again();
  };
  return h("button", { type: "button", onclick: giveUp }, words.signIn.cancel);
}

/**
 * @param {SignIn} signIn
 * @param {() => void} again
 * @param {AbortSignal} signal
 */
async function collect(signIn, again, signal) {
  keepPending(signIn);
  try {
    const grant = await signIn.wait(signal);
    if (signal.aborted) return await refuse(grant);
    await session.keep(grant);
    forgetPending(signIn);
    welcome();
  } catch (error) {
    // What is kept can be collected once more, so it stays until the service has said that it is over.
    if (error instanceof NodError || signal.aborted) forgetPending(signIn);
    if (signal.aborted) return;
    if (await isCollected(error)) return welcome();
    show(...ending(error, h("button", { type: "button", class: "primary", onclick: again }, words.signIn.again), ...otherWays()));
  }
}

/**
 * The person gave up while the answer was on its way: nobody is to be signed in by it.
 *
 * @param {Grant} grant
 */
async function refuse({ access_token }) {
  await http.request("DELETE", "/sessions/current", { bearer: access_token });
}

/**
 * Whether another tab of this browser has collected it.
 *
 * @param {unknown} error
 */
async function isCollected(error) {
  if (!(error instanceof NodError) || error.code !== "already_redeemed") return false;
  await session.sync();
  return session.id !== null;
}

/**
 * How long there still is.
 *
 * @param {SignIn} signIn
 */
export function timeLeft(signIn) {
  return h("p", { class: "quiet" }, countdown(() => signIn.timeLeft, (time) => put(words.signIn.left, { time })));
}

/** The person is in. */
export function welcome() {
  rememberSignedIn();
  show(
    h("p", { class: "tick", "aria-hidden": "true" }),
    h("h1", {}, words.signIn.done),
    h("p", {}, put(words.signIn.doneText, { page: words.approve.title })),
    h("div", { class: "steps" }, onwards()),
  );
}

/** The other ways in. */
export function otherWays() {
  return [
    config.sms && h("a", { href: "/phone", class: "button" }, icon("message"), words.signIn.byText),
    h("a", { href: "/scan", class: "button" }, icon("qr"), words.signIn.byQr),
  ];
}
