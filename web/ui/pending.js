/** A sign-in under way, kept so that it goes on when its page was left: for the messages, the camera, or by a reload. */

import { resumeSignIn } from "../nod/index.js";
import { browser } from "./memory.js";
import { http } from "./service.js";

/**
 * @import { SignIn } from "../nod/index.js"
 * @import { Saved } from "../nod/sign_in.js"
 * @typedef {"approval" | "phone" | "qr"} Method
 */

/** @param {Method} method */
function name(method) {
  return `nod.pending.${method}`;
}

/** @param {SignIn} signIn */
export function keepPending(signIn) {
  browser.set(name(signIn.started.method), JSON.stringify(signIn.saved));
}

/**
 * The sign-in of this method that is under way; null where there is none, or its time has run out.
 *
 * @param {Method} method
 */
export function pending(method) {
  const saved = savedOf(method);
  if (saved === null) return null;
  const signIn = resumeSignIn(http, saved);
  if (!signIn.isOver) return signIn;
  forgetPending(signIn);
  return null;
}

/**
 * It is over. Another of its method that was started since stays.
 *
 * @param {SignIn} signIn
 */
export function forgetPending({ started: { method, sign_in_id: id } }) {
  if (savedOf(method)?.started.sign_in_id === id) browser.delete(name(method));
}

/**
 * @param {Method} method
 * @returns {Saved | null}
 */
function savedOf(method) {
  const text = browser.get(name(method));
  try {
    const saved = JSON.parse(text ?? "null");
    if (typeof saved?.started?.sign_in_id === "string") return saved;
  } catch {
    // As if it were not there, like all that a sign-in has not left here.
  }
  if (text !== null) browser.delete(name(method));
  return null;
}
