/** Waiting for a sign-in to be decided, and what comes then. It is the same whichever way it was started. */

import { NodError } from "../nod/index.js";
import { rememberSignedIn } from "./device.js";
import { h, icon } from "./dom.js";
import { put, words } from "./language.js";
import { ending } from "./outcome.js";
import { forgetPending, keepPending } from "./pending.js";
import { config, session } from "./service.js";
import { show } from "./shell.js";
import { countdown } from "./time.js";

/** @import { SignIn } from "../nod/index.js" */

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
    await session.keep(grant);
    welcome();
  } catch (error) {
    if (signal.aborted) return;
    // Another tab of this browser may have collected it.
    if (error instanceof NodError && error.code === "already_redeemed" && session.id) return welcome();
    show(...ending(error, h("button", { type: "button", class: "primary", onclick: again }, words.signIn.again), ...otherWays()));
  } finally {
    forgetPending(signIn);
  }
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
    h("p", {}, words.signIn.doneText),
    h("div", { class: "steps" }, h("a", { href: "/approve", class: "button primary" }, words.signIn.go)),
  );
}

/** The other ways in. */
export function otherWays() {
  return [
    config.sms && h("a", { href: "/phone", class: "button" }, icon("message"), words.signIn.byText),
    h("a", { href: "/scan", class: "button" }, icon("qr"), words.signIn.byQr),
  ];
}
