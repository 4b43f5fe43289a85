/** The QR codes that a hand-over page shows, each renewed in time while somebody looks at the page. */

import { NodError } from "../nod/index.js";
import { h } from "./dom.js";
import { put, words } from "./language.js";
import { playScreen } from "./play.js";
import { announce } from "./shell.js";
import { countdown, timeUntil } from "./time.js";

/**
 * @import { Connection } from "../nod/index.js"
 * @typedef {{ sign_in_id: string, device: { name: string }, svg: string, url: string, expires_at: string }} Qr
 */

const RENEW_BEFORE_MS = 5000;
// Whatever the clocks say: a page that asks without a pause helps nobody.
const RENEW_AFTER_MS = 10_000;
// What says that no code will come any more: the phone was let in, refused, or gave up.
const OVER = new Set(["unknown_sign_in", "not_answerable"]);

export class Codes {
  /** @type {Map<string, { card: HTMLElement, timer: ReturnType<typeof setTimeout>, picture: string }>} */
  #shown = new Map();

  /**
   * @param {Connection} connection
   * @param {HTMLElement} list
   */
  constructor(connection, list) {
    this.connection = connection;
    this.list = list;
    connection.addEventListener("welcome", () => this.#clear());
    connection.addEventListener("frame", (event) => {
      const frame = /** @type {CustomEvent} */ (event).detail;
      if (frame.type === "qr") this.#show(frame);
      if (frame.type === "qrClosed") this.#close(frame.sign_in_id, frame.status);
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) for (const id of this.#shown.keys()) void this.#renew(id);
    });
  }

  /** @param {Qr} qr */
  #show(qr) {
    const { sign_in_id: id, device, svg, url, expires_at } = qr;
    const isNew = !this.#shown.has(id);
    // A picture is no markup of the page: nothing in it can run.
    const picture = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    const text = put(words.handOver.asks, { device: device.name });
    const image = h("img", { src: picture, alt: put(words.handOver.qr, { device: device.name }) });
    // Too old to be read: it is not shown any more, and comes back with the connection, or when the page is looked at.
    const left = countdown(() => timeUntil(expires_at), (time) => put(words.signIn.left, { time }), () => image.classList.add("old"));
    const card = h(
      "article",
      { class: "card qr", "data-sign-in": id },
      h("h2", {}, text),
      image,
      h("p", {}, words.handOver.read, " ", left),
      playScreen(url),
    );
    const old = this.#forget(id);
    if (old) old.replaceWith(card);
    else this.list.append(card);
    this.#shown.set(id, { card, timer: this.#renewIn(id, timeUntil(expires_at) - RENEW_BEFORE_MS), picture });
    if (isNew) announce(text);
  }

  /**
   * @param {string} id
   * @param {number} delay in milliseconds
   */
  #renewIn(id, delay) {
    return setTimeout(() => void this.#renew(id), Math.max(RENEW_AFTER_MS, delay));
  }

  /**
   * Ask for a fresh code; where there is none any more, the old one goes.
   *
   * @param {string} id
   */
  async #renew(id) {
    if (document.hidden || !this.#shown.has(id)) return;
    try {
      this.#show(await this.connection.ask("renewQr", { sign_in_id: id }));
    } catch (error) {
      if (!(error instanceof NodError)) throw error;
      const shown = this.#shown.get(id);
      if (OVER.has(error.code)) this.#forget(id)?.remove();
      else if (shown) shown.timer = this.#renewIn(id, 0);
    }
  }

  /**
   * @param {string} id
   * @param {"pending" | "allowed" | "denied" | "cancelled"} status
   */
  #close(id, status) {
    this.#forget(id)?.remove();
    announce(status === "pending" ? words.handOver.scanned : words.handOver.closed[status]);
  }

  #clear() {
    for (const id of [...this.#shown.keys()]) this.#forget(id)?.remove();
  }

  /**
   * @param {string} id
   * @returns {HTMLElement | undefined} its card, which is still on the page
   */
  #forget(id) {
    const shown = this.#shown.get(id);
    if (shown === undefined) return undefined;
    clearTimeout(shown.timer);
    URL.revokeObjectURL(shown.picture);
    this.#shown.delete(id);
    return shown.card;
  }
}
