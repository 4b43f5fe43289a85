/** Word that a sign-in may have been decided: from the connection on which its device waits, or because time passed. */

import { frameOf } from "./frame.js";

// With its connection open a device is told; it still asks now and then, since what is told can be lost.
const SELDOM_MS = 30_000;
const UNDECIDED = new Set(["started", "pending"]);

export class News {
  #isOpen = false;
  #hasArrived = false;
  #wake = () => {};

  /** @param {string | null} url of the connection; without one, and where it breaks, asking now and then must do */
  constructor(url) {
    this.socket = url === null ? null : this.#listening(new WebSocket(url));
  }

  /**
   * Until there is news, or it is time to ask.
   *
   * @param {number} interval in milliseconds, the soonest that asking is allowed
   * @param {number} endsAt when the sign-in expires, in milliseconds since 1970: that is news too; 0 to ask as soon as
   *   it is allowed
   * @param {AbortSignal} [signal] ends the waiting at once
   */
  async next(interval, endsAt, signal) {
    const began = Date.now();
    for (;;) {
      const soonest = began + interval;
      const askAt = this.#isOpen ? Math.max(soonest, Math.min(endsAt, began + SELDOM_MS)) : soonest;
      if (this.#hasArrived || signal?.aborted || Date.now() >= askAt) break;
      await this.#woken(askAt - Date.now(), signal);
    }
    this.#hasArrived = false;
  }

  close() {
    this.socket?.close();
  }

  /** @param {WebSocket} socket */
  #listening(socket) {
    socket.onopen = () => {
      this.#isOpen = true;
      socket.send(JSON.stringify({ action: "hello" }));
      this.#wake();
    };
    socket.onmessage = (message) => {
      this.#hasArrived ||= tellsDecision(frameOf(message.data));
      this.#wake();
    };
    socket.onclose = () => {
      this.#isOpen = false;
      this.#wake();
    };
    return socket;
  }

  /**
   * @param {number} delay in milliseconds
   * @param {AbortSignal} [signal]
   */
  #woken(delay, signal) {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        resolve(undefined);
      };
      const timer = setTimeout(wake, delay);
      this.#wake = wake;
      signal?.addEventListener("abort", wake);
    });
  }
}

/**
 * Whether a frame says that the sign-in was decided: just now, or before the connection was open.
 *
 * @param {{ type?: string, status?: string }} frame
 */
function tellsDecision({ type, status }) {
  return type === "signInResolved" || (type === "welcome" && status !== undefined && !UNDECIDED.has(status));
}
