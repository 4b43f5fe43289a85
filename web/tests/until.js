/** Waiting for what is about to happen, and time that passes when a test says so. */

/** @import { TestContext } from "node:test" */

const PATIENCE_MS = 5000;
const now = performance.now.bind(performance);
const realTimeout = setTimeout;

/**
 * Wait until there is something; it is looked for again and again, by real time.
 *
 * @template Found
 * @param {() => Found | null | undefined | false} look
 * @returns {Promise<Found>}
 */
export async function until(look) {
  const end = now() + PATIENCE_MS;
  for (;;) {
    const found = look();
    if (found) return found;
    if (now() > end) throw new Error(`waited in vain for: ${look}`);
    await new Promise((resolve) => realTimeout(resolve, 1));
  }
}

/** A clock for the library alone: it stands still until a test moves it on, and knows what is set to go off. */
export class Clock {
  #now = Date.parse("2026-11-24T12:00:00Z");
  /** @type {Map<unknown, { what: () => void, at: number, delay: number }>} */
  #timers = new Map();

  /** @param {TestContext} t for as long as it lasts */
  constructor(t) {
    t.mock.method(Date, "now", () => this.#now);
    const { setTimeout: set, clearTimeout: clear } = globalThis;
    /** @type {any} */
    const noted = (/** @type {() => void} */ what, /** @type {number} */ delay, /** @type {unknown[]} */ ...given) =>
      isOfLibrary(new Error().stack) ? this.#set(what, delay) : set(what, delay, ...given);
    globalThis.setTimeout = noted;
    globalThis.clearTimeout = (timer) => void (this.#timers.delete(timer) || clear(timer));
    t.after(() => Object.assign(globalThis, { setTimeout: set, clearTimeout: clear }));
  }

  /** The delays of all timers that are set, in milliseconds. */
  get delays() {
    return Array.from(this.#timers.values(), ({ delay }) => delay);
  }

  /**
   * Wait until a timer with this delay is set, and let that time pass.
   *
   * @param {number} delay in milliseconds
   */
  async pass(delay) {
    await until(() => this.delays.includes(delay));
    this.tick(delay);
  }

  /**
   * Let time pass; what is due goes off.
   *
   * @param {number} time in milliseconds
   */
  tick(time) {
    this.#now += time;
    for (const [timer, { what, at }] of [...this.#timers]) {
      if (at <= this.#now && this.#timers.delete(timer)) what();
    }
  }

  /**
   * @param {() => void} what
   * @param {number} delay
   */
  #set(what, delay) {
    const timer = {};
    this.#timers.set(timer, { what, at: this.#now + delay, delay });
    return timer;
  }
}

/**
 * Whether a function was called by the library. Node's own fetch and WebSocket set timers too, which are none of its business.
 *
 * @param {string | undefined} stack
 */
function isOfLibrary(stack) {
  return stack?.split("\n")[2]?.includes("/web/nod/");
}
