/** A sign-in from the side of the device that asks: started, waited for, redeemed. */

import { NodError } from "./errors.js";
import { challengeOf, newIdentifier, newVerifier } from "./random.js";

/** @import { Http } from "./http.js" */

// With its connection open a device is told; it still asks now and then, since posts can be lost.
const SELDOM_MS = 30_000;

/**
 * @typedef {{ type: "phone" | "tablet" | "desktop" | "tv" | "other", name: string, id?: string, app?: string }} Device
 * @typedef {{ mode: "none" | "compare" | "echo" | "choose" | "enter", code?: string }} Verification
 * @typedef {{
 *   sign_in_id: string, method: "approval" | "phone" | "qr", expires_at: string, interval: number,
 *   waiter: { url: string }, verification?: Verification, sms?: { to: string, body: string }
 * }} Started
 * @typedef {{
 *   account_id: string, session_id: string, access_token: string, expires_in: number, refresh_token: string,
 *   new_account?: boolean
 * }} Grant
 */

/**
 * Ask the account's signed-in devices to let this one in.
 *
 * @param {Http} http
 * @param {{ login: string, device: Device, verification?: string, message?: string }} asked
 */
export function startApproval(http, asked) {
  return start(http, { method: "approval", ...asked });
}

/**
 * Register an identifier that this phone is about to send by text message.
 *
 * @param {Http} http
 * @param {{ device: Device }} asked
 */
export function startPhone(http, asked) {
  return start(http, { method: "phone", identifier: newIdentifier(), ...asked });
}

/**
 * Ask for a QR code on the page that a signed-in computer has open.
 *
 * @param {Http} http
 * @param {{ login: string, device: Device }} asked
 */
export function startQr(http, asked) {
  return start(http, { method: "qr", ...asked });
}

/**
 * A sign-in from what `SignIn.saved` gave before the page was left.
 *
 * @param {Http} http
 * @param {{ started: Started, verifier: string, login?: string }} saved
 */
export function resumeSignIn(http, saved) {
  return new SignIn(http, saved.started, saved.verifier, saved.login);
}

/**
 * @param {Http} http
 * @param {Record<string, unknown> & { login?: string }} asked
 */
async function start(http, asked) {
  const verifier = newVerifier();
  const body = { ...asked, challenge: await challengeOf(verifier) };
  const answer = await http.request("POST", "/sign-ins", { body });
  return new SignIn(http, answer.body, verifier, asked.login);
}

export class SignIn {
  /**
   * @param {Http} http
   * @param {Started} started
   * @param {string} verifier the proof that this device started it: it never leaves the device before the end
   * @param {string} [login] what it asked with
   */
  constructor(http, started, verifier, login) {
    this.http = http;
    this.started = started;
    this.verifier = verifier;
    this.login = login;
  }

  /** What to keep to go on after the page was left or loaded anew; it is a secret. */
  get saved() {
    return { started: this.started, verifier: this.verifier, login: this.login };
  }

  /** Milliseconds until it expires; 0 where it has. */
  get timeLeft() {
    return Math.max(0, Date.parse(this.started.expires_at) - Date.now());
  }

  /**
   * Wait until it is decided, and collect the session.
   *
   * @param {AbortSignal} [signal] stops the waiting
   * @returns {Promise<Grant>} or a `NodError`: `denied`, `expired`, `cancelled`, `already_redeemed`, `unknown_sign_in`
   */
  async wait(signal) {
    const news = new News(this.started.waiter.url);
    let interval = this.started.interval;
    try {
      for (;;) {
        signal?.throwIfAborted();
        const answer = await this.#redeemed(interval);
        if ("grant" in answer) return answer.grant;
        interval = answer.interval;
        await news.next(interval * 1000, signal);
      }
    } finally {
      news.close();
    }
  }

  /**
   * Send the `echo` code back that this device shows.
   *
   * @param {string} code
   */
  async confirm(code) {
    await this.http.request("POST", `/sign-ins/${this.started.sign_in_id}/confirm`, { body: { code } });
  }

  /**
   * Send what a QR code holds.
   *
   * @param {string} scanToken from the fragment of its link
   * @returns {Promise<{ status: "pending" | "allowed", verification?: Verification }>}
   */
  async scan(scanToken) {
    const body = { scan_token: scanToken, login: this.login, verifier: this.verifier };
    const answer = await this.http.request("POST", `/sign-ins/${this.started.sign_in_id}/scan`, { body });
    this.started = { ...this.started, verification: answer.body.verification };
    return answer.body;
  }

  /** Give it up: the prompts close. What is over already needs no giving up. */
  async cancel() {
    const path = `/sign-ins/${this.started.sign_in_id}`;
    await this.http.request("DELETE", path, { bearer: this.verifier }).catch((error) => {
      if (error.status < 400 || error.status >= 500) throw error;
    });
  }

  /**
   * @param {number} interval in seconds
   * @returns {Promise<{ grant: Grant } | { interval: number }>}
   */
  async #redeemed(interval) {
    const path = `/sign-ins/${this.started.sign_in_id}/redeem`;
    try {
      const answer = await this.http.request("POST", path, { body: { verifier: this.verifier } });
      return answer.status === 200 ? { grant: answer.body } : { interval: answer.body.interval };
    } catch (error) {
      if (!(error instanceof NodError)) throw error;
      if (error.code === "slow_down") return { interval: (error.retryAfter ?? interval) + 1 };
      if (!error.isPassing) throw error;
      return { interval };
    }
  }
}

/** Word that something has happened: from the connection on which the device waits, or because time has passed. */
class News {
  #hasArrived = false;
  #isOpen = false;
  #wake = () => {};

  /** @param {string} url works once: where it breaks, asking now and then must do */
  constructor(url) {
    this.socket = new WebSocket(url);
    this.socket.onopen = () => {
      this.#isOpen = true;
      this.socket.send(JSON.stringify({ action: "hello" }));
    };
    this.socket.onmessage = (message) => {
      this.#hasArrived ||= JSON.parse(message.data).type === "signInResolved";
      this.#wake();
    };
    this.socket.onclose = () => {
      this.#isOpen = false;
      this.#wake();
    };
  }

  /**
   * Until there is news, or it is time to ask.
   *
   * @param {number} interval in milliseconds, the soonest that asking is allowed
   * @param {AbortSignal} [signal]
   */
  async next(interval, signal) {
    const began = Date.now();
    for (;;) {
      const askAt = began + (this.#isOpen ? Math.max(interval, SELDOM_MS) : interval);
      if (this.#hasArrived || signal?.aborted || Date.now() >= askAt) break;
      await this.#woken(askAt - Date.now(), signal);
    }
    this.#hasArrived = false;
  }

  close() {
    this.socket.close();
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
