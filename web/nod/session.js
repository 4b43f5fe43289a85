/** A signed-in device: its tokens, kept for all tabs of the browser, and calls that carry them. */

import { NodError } from "./errors.js";
import { newVerifier } from "./random.js";
import { SessionStorage } from "./storage.js";

/**
 * @import { Http } from "./http.js"
 * @import { Grant } from "./sign_in.js"
 */

const NAME = "nod.session";
// Refreshed a little before they expire: a request takes its time, and clocks differ.
const LEEWAY_MS = 30_000;

/**
 * What is kept: the grant, and when its access token expires (milliseconds since 1970, by this device's clock).
 * `renewal` is there while a refresh is under way: by it the service knows the one that is repeated.
 *
 * @typedef {{
 *   account_id: string, session_id: string, access_token: string, refresh_token: string, expires_at: number,
 *   renewal?: string
 * }} Kept
 * @typedef {{
 *   read(): Promise<Kept | null>, write(kept: Kept): Promise<void>,
 *   replace(before: string, after: Kept | null): Promise<Kept | null>
 * }} Storage
 */

/**
 * Events: `change`, when this or another tab has signed in or out.
 */
export class Session extends EventTarget {
  /** @type {Kept | null} as far as this tab knows */
  #kept = null;
  #tabs = new BroadcastChannel(NAME);

  /**
   * The session of this browser, as it was left.
   *
   * @param {Http} http
   * @param {Storage} [storage] shared between the tabs of the origin
   */
  static async open(http, storage = new SessionStorage()) {
    const session = new Session(http, storage);
    session.#kept = await storage.read();
    return session;
  }

  /**
   * @param {Http} http
   * @param {Storage} storage
   */
  constructor(http, storage) {
    super();
    this.http = http;
    this.storage = storage;
    this.#tabs.onmessage = () => void this.sync();
  }

  /** Learn what other tabs have done; they say so by themselves, but a tab that slept may have missed it. */
  async sync() {
    this.#know(await this.storage.read());
  }

  /** The id of the session, null where there is none. */
  get id() {
    return this.#kept?.session_id ?? null;
  }

  /** Listen to other tabs no more. */
  close() {
    this.#tabs.close();
  }

  /**
   * Be signed in from now on. A browser has one session: another that it had is ended, where it can be reached.
   *
   * @param {Grant} grant
   */
  async keep(grant) {
    const before = await this.storage.read();
    const kept = keptOf(grant);
    await this.storage.write(kept);
    this.#know(kept);
    this.#tabs.postMessage(null);
    if (before && before.session_id !== grant.session_id) void this.#end(before.access_token).catch(() => {});
  }

  /** Forget the tokens; the session itself is ended by `signOut`. What another tab has signed in to since stays. */
  async forget() {
    if (this.id === null) return;
    this.#know(await this.storage.replace(this.id, null));
    this.#tabs.postMessage(null);
  }

  /** End the session, and forget it. Where it has ended already, or cannot be reached, it is forgotten all the same. */
  async signOut() {
    try {
      await this.call("DELETE", "/sessions/current");
    } catch (error) {
      if (!(error instanceof NodError)) throw error;
    }
    await this.forget();
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
    const token = freshToken(this.#kept, refused);
    if (token) return token;
    // One tab refreshes, the others wait and then find what it got: a refresh token works once.
    return navigator.locks.request(NAME, async () => {
      const kept = await this.storage.read();
      this.#know(kept);
      return freshToken(kept, refused) ?? (await this.#refresh(/** @type {Kept} */ (kept)));
    });
  }

  /** @param {Kept} kept */
  async #refresh(kept) {
    // Kept before it is sent: a page that is left now goes on with it, and is not taken for somebody with a copy.
    const renewal = kept.renewal ?? newVerifier();
    const { session_id: id, refresh_token } = kept;
    if (kept.renewal === undefined) await this.storage.replace(id, { ...kept, renewal });
    try {
      const { body: grant } = await this.http.request("POST", "/sessions/refresh", { body: { refresh_token }, key: renewal });
      // Meanwhile the device may have signed out, or in as somebody else: that stays as it is.
      this.#know(await this.storage.replace(id, keptOf(grant)));
      if (this.id !== id) throw signedOut();
      return grant.access_token;
    } catch (error) {
      if (!(error instanceof NodError) || error.code !== "invalid_token") throw error;
      this.#know(await this.storage.replace(id, null));
      this.#tabs.postMessage(null);
      throw signedOut();
    }
  }

  /** @param {string} bearer */
  async #end(bearer) {
    await this.http.request("DELETE", "/sessions/current", { bearer });
  }

  /** @param {Kept | null} kept */
  #know(kept) {
    const before = this.id;
    this.#kept = kept;
    if (before !== this.id) this.dispatchEvent(new Event("change"));
  }
}

/**
 * @param {Grant} grant
 * @returns {Kept}
 */
function keptOf({ account_id, session_id, access_token, refresh_token, expires_in }) {
  return { account_id, session_id, access_token, refresh_token, expires_at: Date.now() + expires_in * 1000 };
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

function signedOut() {
  return new NodError("signed_out", 401, "this device is not signed in any more");
}
