/** Times as people read them. */

import { language, put, words } from "./language.js";
import { h } from "./dom.js";

const SHORT = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const TODAY = new Intl.DateTimeFormat(language, { timeStyle: "short" });

// What a clock may be wrong by, and a request take, without anybody noticing.
const UNNOTICED_MS = 3000;
let ahead = 0;

/**
 * Learn how far the clock of this device is ahead: the times of the service are by its own.
 *
 * @param {Response} answer that has just arrived
 */
export function setClock({ headers }) {
  const age = Number(headers.get("age")) * 1000;
  const wrong = Date.now() - (Date.parse(headers.get("date") ?? "") + age);
  if (Math.abs(wrong) > UNNOTICED_MS) ahead = wrong;
}

/**
 * Milliseconds until a moment, below 0 where it has passed.
 *
 * @param {string} time RFC 3339
 */
export function timeUntil(time) {
  return Date.parse(time) - Date.now() + ahead;
}

/**
 * A length of time: seconds below two minutes, else minutes.
 *
 * @param {number} milliseconds
 */
export function span(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return seconds < 120
    ? put(words.time.seconds, { n: seconds })
    : put(words.time.minutes, { n: Math.ceil(seconds / 60) });
}

/**
 * A moment; today's by the time alone.
 *
 * @param {string} time RFC 3339
 */
export function moment(time) {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date().toDateString();
  return h("time", { datetime: time }, (isToday ? TODAY : SHORT).format(date));
}

/**
 * An element that counts down, by a bar as well, and says when it is over. It stops by itself when it leaves the page.
 *
 * @param {() => number} left milliseconds
 * @param {(left: string) => string} text
 * @param {() => void} [onOver]
 */
export function countdown(left, text, onOver = () => {}) {
  const total = left();
  const element = h("span", { class: "countdown", role: "timer" }, text(span(total)));
  const timer = setInterval(() => {
    element.textContent = text(span(left()));
    element.style.setProperty("--left", String(Math.max(0, left() / total)));
    if (left() > 0 && element.isConnected) return;
    clearInterval(timer);
    if (element.isConnected) onOver();
  }, 500);
  return element;
}
