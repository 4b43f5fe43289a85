/** Pages that need a session: without one they lead to where there is one to be had. */

import { NodError } from "../nod/index.js";
import { h } from "./dom.js";
import { words } from "./language.js";
import { ending } from "./outcome.js";
import { session } from "./service.js";
import { show } from "./shell.js";

/**
 * Whether this browser is signed in; where it is not, or not any more, the page says so.
 */
export function requireSession() {
  session.addEventListener("change", () => {
    if (session.id === null) sayEnded();
  });
  if (session.id === null) location.replace("/sign-in");
  return session.id !== null;
}

/** This session is over. */
export function sayEnded() {
  const error = new NodError("ended", 0, "");
  show(...ending(error, h("a", { href: "/sign-in", class: "button primary" }, words.signIn.title)));
}
