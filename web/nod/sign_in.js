/** A sign-in from the side of the device that asks: started, waited for, redeemed. */

import { NodError } from "./errors.js";
import { News } from "./news.js";
import { challengeOf, newIdentifier, newVerifier } from "./random.js";

/** @import { Http } from "./http.js" */

// Longest pause between two attempts while the service is in trouble.
const LONGEST_PAUSE_SECONDS = 60;
// What is allowed at the last moment is to be collected for so long.
const COLLECTABLE_MS = 60_000;

/**
 * @typedef {{ type: "phone" | "tablet" | "desktop" | "tv" | "other", name: string, id?: string, app?: string }} Device
 * @typedef {{ mode: "none" | "compare" | "echo" | "choose" | "enter", code?: string }} Verification
 * @typedef {{
 *   sign_in_id: string, method: "approval" | "phone" | "qr", expires_in: number, interval: number,
 *   waiter: { url: string }, verification?: Verification, sms?: { to: string, body: string }
 * }} Started the answer to the start
 * @typedef {{ started: Started, verifier: string, key: string, login: string | undefined, endsAt: number }} Saved
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
 * @param {Saved} saved
 */
export function resumeSignIn(http, saved) {
  return new SignIn(http, saved, null);
}

/**
 * @param {Http} http
 * @param {Record<string, unknown> & { login?: string }} asked
 */
async function start(http, asked) {
  const verifier = newVerifier();
  const body = { ...asked, challenge: await challengeOf(verifier) };
  /** @type {{ body: Started }} */
  const { body: started } = await http.request("POST", "/sign-ins", { body });
  const endsAt = Date.now() + started.expires_in * 1000;
  return new SignIn(http, { started, verifier, key: newVerifier(), login: asked.login, endsAt }, started.waiter.url);
}

export class SignIn {
  /** @type {string | null} */
  #waiterUrl;

  /**
   * @param {Http} http
   * @param {Saved} facts `verifier`: the proof that this device started it, which never leaves the device before the
   *   end; `key`: by which a repeated redeem gets the session whose answer was lost; `endsAt`: when it expires, by this
   *   device's clock, in milliseconds since 1970
   * @param {string | null} waiterUrl the connection on which it waits, good for one time
   */
  constructor(http, { started, verifier, key, login, endsAt }, waiterUrl) {
    this.http = http;
    this.started = started;
    this.verifier = verifier;
    this.key = key;
    this.login = login;
    this.endsAt = endsAt;
    this.#waiterUrl = waiterUrl;
  }

  /**
   * What to keep to go on after the page was left or loaded anew; it is a secret.
   *
   * @returns {Saved}
   */
  get saved() {
    return { started: this.started, verifier: this.verifier, key: this.key, login: this.login, endsAt: this.endsAt };
  }

  /** Milliseconds until it expires; 0 where it has. */
  get timeLeft() {
    return Math.max(0, this.endsAt - Date.now());
  }

  /** Whether there is nothing to be collected any more, whatever was decided. */
  get isOver() {
    return Date.now() > this.endsAt + COLLECTABLE_MS;
  }

  /**
   * Wait until it is decided, and collect the session.
   *
   * @param {AbortSignal} [signal] stops the waiting
   * @returns {Promise<Grant>} or a `NodError`: `denied`, `expired`, `cancelled`, `already_redeemed`, `unknown_sign_in`
   */
  async wait(signal) {
    signal?.throwIfAborted();
    const url = this.#waiterUrl;
    this.#waiterUrl = null;
    const news = new News(url);
    let { interval } = this.started;
    try {
      // One that was just started waits to be told; one that goes on may have been decided meanwhile.
      if (url !== null) await news.next(interval * 1000, this.endsAt, signal);
      for (;;) {
        signal?.throwIfAborted();
        const answer = await this.#redeemed(interval);
        if ("grant" in answer) return answer.grant;
        interval = answer.interval;
        await news.next(interval * 1000, answer.isUnheard ? 0 : this.endsAt, signal);
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
   * @returns {Promise<{ grant: Grant } | { interval: number, isUnheard?: boolean }>} `isUnheard`: the service did not answer
   */
  async #redeemed(interval) {
    const path = `/sign-ins/${this.started.sign_in_id}/redeem`;
    try {
      const answer = await this.http.request("POST", path, { body: { verifier: this.verifier }, key: this.key });
      return answer.status === 200 ? { grant: answer.body } : { interval: answer.body.interval };
    } catch (error) {
      if (!(error instanceof NodError)) throw error;
      if (error.code === "slow_down") return { interval: (error.retryAfter ?? interval) + 1 };
      if (!error.isPassing) throw error;
      if (this.isOver) throw new NodError("expired", 410, "its time has run out");
      return { interval: Math.min(LONGEST_PAUSE_SECONDS, 2 * interval), isUnheard: true };
    }
  }
}
