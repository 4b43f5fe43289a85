/** Installing the approvers' page as an app: by a button where the browser lets pages offer it, else by its own menu. */

import { fill, h } from "./dom.js";
import { words } from "./language.js";

const { install: text } = words;

/** What says how; nothing where the page runs as an app already. */
export function installing() {
  if (matchMedia("(display-mode: standalone)").matches) return null;
  const place = h("p", { class: "quiet" }, text.byMenu);
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    const install = () => /** @type {Event & { prompt: () => Promise<unknown> }} */ (event).prompt();
    fill(place, h("button", { type: "button", onclick: () => void install().catch(() => {}) }, text.button));
  });
  addEventListener("appinstalled", () => place.remove());
  return place;
}
