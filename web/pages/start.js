/** The start page: the three ways in. */

import { h } from "../ui/dom.js";
import { words } from "../ui/language.js";
import { session } from "../ui/service.js";
import { drawShell, show } from "../ui/shell.js";

const { start } = words;

/**
 * @param {string} text
 * @param {string} path
 * @param {string} label
 */
function way(text, path, label) {
  return h("li", { class: "card way" }, h("p", {}, text), h("a", { href: path, class: "button primary" }, label));
}

drawShell(start.title);
show(
  h("h1", {}, start.title),
  h("p", { class: "lead" }, start.lead),
  session.id &&
    h(
      "div",
      { class: "card" },
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
    way(start.approval, "/sign-in", start.toApproval),
    way(start.phone, "/phone", start.toPhone),
    way(start.qr, "/scan", start.toScan),
  ),
);
