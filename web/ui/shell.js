/** What every page has around its content: the way home, the language, and where it is announced what happens. */

import { LANGUAGES, choose, language, words } from "./language.js";
import { byId, fill, h } from "./dom.js";

/** @import { Child } from "./dom.js" */

/**
 * Draw the page's frame.
 *
 * @param {string} title
 */
export function drawShell(title) {
  document.documentElement.lang = language;
  document.title = `${title} · ${words.brand}`;
  const options = Object.entries(LANGUAGES).map(([tag, { language: name }]) =>
    h("option", { value: tag, lang: tag, selected: tag === language }, name),
  );
  const select = h("select", { id: "language", "aria-label": words.switchLanguage, onchange: () => choose(select.value) }, options);
  fill(byId("header"), h("a", { href: "/", class: "brand", "aria-label": `${words.brand} · ${words.home}` }, words.brand), select);
  byId("skip").textContent = words.skip;
  byId("main").tabIndex = -1;
}

/**
 * Show this as the page's content; the focus goes to its heading, so that screen readers and keyboards follow.
 *
 * @param {...(Child | Child[])} content
 */
export function show(...content) {
  const main = byId("main");
  const isFirst = main.childElementCount === 0;
  fill(main, ...content);
  if (!isFirst) focusHeading();
}

/** Go to the heading of the page, where the element that had the focus is gone. */
export function focusHeading() {
  const heading = byId("main").querySelector("h1");
  if (heading === null) return;
  heading.tabIndex = -1;
  heading.focus();
}

/**
 * Have it said by screen readers, without moving the focus.
 *
 * @param {string} text
 */
export function announce(text) {
  byId("announcements").textContent = text;
}
