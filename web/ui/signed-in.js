/** Pages that need a session: without one they lead to where there is one to be had, and back. */

import { NodError } from "../nod/index.js";
import { h } from "./dom.js";
import { words } from "./language.js";
import { tab } from "./memory.js";
import { ending } from "./outcome.js";
import { session } from "./service.js";
import { show } from "./shell.js";

const NEXT = "nod.next";

/**
 * Whether this browser is signed in; where it is not, or not any more, the page says so.
 */
export function requireSession() {
  const { id } = session;
  session.addEventListener("change", () => {
    if (session.id === null) sayEnded();
    // Signed in anew in another tab, maybe as somebody else: what is shown here is of before.
    else if (session.id !== id) location.reload();
  });
  if (id === null) {
    tab.set(NEXT, location.pathname);
    location.replace("/sign-in");
  }
  return id !== null;
}

/** Where to go on once signed in: to the page that was asked for, else to the approvers'. */
export function onwards() {
  const isForHandOver = tab.get(NEXT) === "/hand-over";
  tab.delete(NEXT);
  const [path, label] = isForHandOver ? ["/hand-over", words.start.toHandOver] : ["/approve", words.signIn.go];
  return h("a", { href: path, class: "button primary" }, label);
}

/** This session is over. */
export function sayEnded() {
  const error = new NodError("ended", 0, "");
  show(...ending(error, h("a", { href: "/sign-in", class: "button primary" }, words.signIn.title)));
}
