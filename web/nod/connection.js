/** An open WebSocket connection that stays open: it says hello, pings, and comes back after every break. */

import { NodError } from "./errors.js";
import { frameOf } from "./frame.js";

const PING_EVERY_MS = 5 * 60_000;
const REPLY_WITHIN_MS = 10_000;
const ADDRESS_WITHIN_MS = 30_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
// What the service tells a caller whose session has ended: coming back would not help.
const ENDED = new Set(["invalid_token", "signed_out"]);

/**
 * How the connection stands. `waiting`: it broke, and comes back by itself; `ended`: its session is over.
 *
 * @typedef {"connecting" | "open" | "waiting" | "closed" | "ended"} State
 */

/**
 * Events: `state` (read `state`), `welcome` and `frame` (a `CustomEvent` whose `detail` is the frame).
 */
export class Connection extends EventTarget {
  /** @type {State} */
  state = "closed";
  /** @type {WebSocket | null} */
  #socket = null;
  #attempts = 0;
  #frames = 0;
  /** @type {Map<string, (frame: any) => void>} */
  #asked = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** The attempt to connect that is under way, or has succeeded: what an earlier one still brings is not wanted. */
  #attempt = {};

  /**
   * @param {() => Promise<string>} address gives a WebSocket address for each attempt: tickets work once
   */
  constructor(address) {
    super();
    this.address = address;
  }

  /** Open it, and keep it open until `close`. */
  open() {
    if (this.state !== "closed") return;
    for (const name of ["online", "offline"]) globalThis.addEventListener?.(name, this.#check);
    globalThis.document?.addEventListener("visibilitychange", this.#check);
    void this.#connect();
  }

  /** Close it for good. */
  close() {
    this.#end("closed");
  }

  /**
   * Send a frame and wait for its reply.
   *
   * @param {string} action
   * @param {Record<string, unknown>} [fields]
   * @returns {Promise<any>} the reply; a `NodError` where the frame was refused or no reply came
   */
  ask(action, fields = {}) {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.reject(unanswered());
    this.#frames += 1;
    const id = `f${this.#frames}`;
    socket.send(JSON.stringify({ action, id, ...fields }));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#asked.get(id)?.(null), REPLY_WITHIN_MS);
      this.#asked.set(id, (frame) => {
        clearTimeout(timer);
        this.#asked.delete(id);
        if (frame === null) reject(unanswered());
        else if (frame.type === "error") reject(new NodError(frame.code, 400, frame.detail));
        else resolve(frame);
      });
    });
  }

  async #connect() {
    const attempt = (this.#attempt = {});
    clearTimeout(this.#timer);
    this.#become("connecting");
    this.#schedule(() => attempt === this.#attempt && this.#retry(), ADDRESS_WITHIN_MS);
    try {
      const url = await this.address();
      if (attempt === this.#attempt) this.#listen(new WebSocket(url));
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (error instanceof NodError && ENDED.has(error.code)) this.#end("ended");
      else this.#retry();
    }
  }

  /** @param {WebSocket} socket */
  #listen(socket) {
    this.#socket = socket;
    socket.onopen = () => void this.#greet(socket);
    socket.onmessage = (message) => this.#receive(frameOf(message.data));
    socket.onclose = () => this.#broken(socket);
    // A network that swallows everything answers no handshake, and browsers wait for minutes.
    this.#schedule(() => this.#broken(socket), REPLY_WITHIN_MS);
  }

  /** @param {WebSocket} socket */
  async #greet(socket) {
    clearTimeout(this.#timer);
    try {
      const welcome = await this.ask("hello");
      this.#attempts = 0;
      this.#become("open");
      this.dispatchEvent(new CustomEvent("welcome", { detail: welcome }));
      this.#schedule(this.#check, PING_EVERY_MS);
    } catch {
      this.#broken(socket);
    }
  }

  /** @param {any} frame */
  #receive(frame) {
    const asked = this.#asked.get(frame.id);
    if (asked) asked(frame);
    else this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  /** Find out whether the other side is still there: after a while, and whenever the device wakes up. */
  #check = () => {
    const socket = this.#socket;
    if (this.state === "waiting") return void this.#connect();
    if (this.state !== "open" || socket === null) return;
    this.ask("ping").then(
      () => this.#schedule(this.#check, PING_EVERY_MS),
      () => this.#broken(socket),
    );
  };

  /** @param {WebSocket} socket */
  #broken(socket) {
    if (socket !== this.#socket) return;
    this.#drop();
    if (this.state === "open" || this.state === "connecting") this.#retry();
  }

  /** Come back after a random time, twice as long after each failure: not all clients at once. */
  #retry() {
    if (this.state === "closed" || this.state === "ended") return;
    this.#attempt = {};
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#become("waiting");
    this.#schedule(() => void this.#connect(), Math.random() * longest);
  }

  /** @param {"closed" | "ended"} state */
  #end(state) {
    for (const name of ["online", "offline"]) globalThis.removeEventListener?.(name, this.#check);
    globalThis.document?.removeEventListener("visibilitychange", this.#check);
    clearTimeout(this.#timer);
    this.#attempt = {};
    this.#become(state);
    this.#drop();
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    for (const asked of [...this.#asked.values()]) asked(null);
  }

  /**
   * @param {() => void} what
   * @param {number} delay in milliseconds
   */
  #schedule(what, delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(what, delay);
  }

  /** @param {State} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

function unanswered() {
  return new NodError("offline", 0, "the service does not answer");
}
