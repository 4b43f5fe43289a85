/** A sign-in under way, kept so that it goes on when its page was left: for the messages, the camera, or by a reload. */

import { resumeSignIn } from "../nod/index.js";
import { http } from "./service.js";

/** @import { SignIn } from "../nod/index.js" */

/** @param {"approval" | "phone" | "qr"} method */
function key(method) {
  return `nod.pending.${method}`;
}

/** @param {SignIn} signIn */
export function keepPending(signIn) {
  localStorage.setItem(key(signIn.started.method), JSON.stringify(signIn.saved));
}

/**
 * The sign-in of this method that is under way; null where there is none, or its time has run out.
 *
 * @param {"approval" | "phone" | "qr"} method
 */
export function pending(method) {
  const text = localStorage.getItem(key(method));
  if (text === null) return null;
  const signIn = resumeSignIn(http, JSON.parse(text));
  if (signIn.timeLeft > 0) return signIn;
  forgetPending(signIn);
  return null;
}

/**
 * It is over. Another of its method that was started since stays.
 *
 * @param {SignIn} signIn
 */
export function forgetPending({ started: { method, sign_in_id: id } }) {
  const text = localStorage.getItem(key(method));
  if (text !== null && JSON.parse(text).started.sign_in_id === id) localStorage.removeItem(key(method));
}
