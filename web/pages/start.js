/** The start page: the three ways in. */

import { byId, h, icon } from "../ui/dom.js";
import { words } from "../ui/language.js";
import { config, session } from "../ui/service.js";
import { drawShell, show } from "../ui/shell.js";

const { start } = words;

/**
 * @param {"approve" | "message" | "qr"} picture
 * @param {string} text
 * @param {string} path
 * @param {string} label
 */
function way(picture, text, path, label) {
  return h("li", { class: "card way" }, icon(picture), h("p", {}, text), h("a", { href: path, class: "button primary" }, label));
}

drawShell(start.title);
byId("main").classList.add("wide");
show(
  h("h1", {}, start.title),
  h("p", { class: "lead" }, start.lead),
  session.id &&
    h(
      "div",
      { class: "card signed-in" },
      h("p", {}, start.signedIn),
      h(
        "div",
        { class: "steps" },
        h("a", { href: "/approve", class: "button" }, start.toApprove),
        h("a", { href: "/hand-over", class: "button" }, start.toHandOver),
      ),
    ),
  h(
    "ul",
    { class: "ways" },
    way("approve", start.approval, "/sign-in", start.toApproval),
    config.sms && way("message", start.phone, "/phone", start.toPhone),
    way("qr", start.qr, "/scan", start.toScan),
  ),
  config.sign_up && !session.id && h("p", {}, h("a", { href: "/sign-in#new" }, words.signIn.signUp)),
);
