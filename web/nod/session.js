/** A signed-in device: its tokens, kept for all tabs of the browser, and calls that carry them. */

import { NodError } from "./errors.js";

/**
 * @import { Http } from "./http.js"
 * @import { Grant } from "./sign_in.js"
 */

const KEY = "nod.session";
// Refreshed a little before they expire: a request takes its time, and clocks differ.
const LEEWAY_MS = 30_000;

/**
 * What is kept: the grant, and when its access token expires (milliseconds since 1970, by this device's clock).
 *
 * @typedef {{
 *   account_id: string, session_id: string, access_token: string, refresh_token: string, expires_at: number
 * }} Kept
 */

/**
 * Events: `change`, when this or another tab has signed in or out.
 */
export class Session extends EventTarget {
  /**
   * @param {Http} http
   * @param {Storage} [storage] shared between the tabs of the origin
   */
  constructor(http, storage = localStorage) {
    super();
    this.http = http;
    this.storage = storage;
    globalThis.addEventListener?.("storage", (event) => {
      if (event.key === KEY && !isSame(event.oldValue, event.newValue)) this.#changed();
    });
  }

  /** @returns {Kept | null} null where the device is not signed in */
  get kept() {
    return parsed(this.storage.getItem(KEY));
  }

  /** The id of the session, null where there is none. */
  get id() {
    return this.kept?.session_id ?? null;
  }

  /**
   * Be signed in from now on.
   *
   * @param {Grant} grant
   */
  keep(grant) {
    const before = this.id;
    this.#store(grant);
    if (before !== this.id) this.#changed();
  }

  /** Forget the tokens; the session itself is ended by `signOut`. */
  forget() {
    if (this.id === null) return;
    this.storage.removeItem(KEY);
    this.#changed();
  }

  /** End the session, and forget it. Where it has ended already, or cannot be reached, it is forgotten all the same. */
  async signOut() {
    try {
      await this.call("DELETE", "/sessions/current");
    } catch (error) {
      if (!(error instanceof NodError)) throw error;
    }
    this.forget();
  }

  /**
   * A request with the access token, which is refreshed where it must be.
   *
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<any>} the answer's body; a `NodError` `signed_out` where the session is over
   */
  async call(method, path, body) {
    const bearer = await this.#accessToken();
    try {
      return (await this.http.request(method, path, { body, bearer })).body;
    } catch (error) {
      if (!(error instanceof NodError) || error.code !== "invalid_token") throw error;
    }
    // The access token may just have expired; an ended session does not refresh either.
    const fresh = await this.#accessToken(bearer);
    return (await this.http.request(method, path, { body, bearer: fresh })).body;
  }

  /**
   * A WebSocket address for this session, good for one connection.
   *
   * @param {"approve" | "hand_over"} purpose
   * @returns {Promise<string>}
   */
  async ticket(purpose) {
    return (await this.call("POST", "/tickets", { purpose })).url;
  }

  /**
   * @param {string} [refused] a token that the service has refused: another is needed
   * @returns {Promise<string>}
   */
  async #accessToken(refused) {
    const token = freshToken(this.kept, refused);
    if (token) return token;
    // One tab refreshes, the others wait and then find what it got: a refresh token works once.
    return navigator.locks.request(KEY, async () => {
      const kept = this.kept;
      if (kept === null) throw signedOut();
      return freshToken(kept, refused) ?? (await this.#refresh(kept));
    });
  }

  /** @param {Kept} kept */
  async #refresh(kept) {
    try {
      const body = { refresh_token: kept.refresh_token };
      const grant = (await this.http.request("POST", "/sessions/refresh", { body })).body;
      // Meanwhile the device may have signed out, or in as somebody else: that stays as it is.
      if (this.id !== kept.session_id) throw signedOut();
      this.#store(grant);
      return grant.access_token;
    } catch (error) {
      if (!(error instanceof NodError) || error.code !== "invalid_token") throw error;
      if (this.id === kept.session_id) this.forget();
      throw signedOut();
    }
  }

  /** @param {Grant} grant */
  #store({ account_id, session_id, access_token, refresh_token, expires_in }) {
    const expires_at = Date.now() + expires_in * 1000;
    this.storage.setItem(KEY, JSON.stringify({ account_id, session_id, access_token, refresh_token, expires_at }));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * @param {Kept | null} kept
 * @param {string} [refused]
 */
function freshToken(kept, refused) {
  if (kept === null) throw signedOut();
  const isFresh = kept.access_token !== refused && Date.now() < kept.expires_at - LEEWAY_MS;
  return isFresh ? kept.access_token : null;
}

/**
 * @param {string | null} text
 * @returns {Kept | null}
 */
function parsed(text) {
  return text === null ? null : JSON.parse(text);
}

/**
 * @param {string | null} before
 * @param {string | null} after
 */
function isSame(before, after) {
  return parsed(before)?.session_id === parsed(after)?.session_id;
}

function signedOut() {
  return new NodError("signed_out", 401, "this device is not signed in any more");
}
