/** What a browser has beyond node: a window with events, and storage. */

/** @import { TestContext } from "node:test" */

/**
 * Make the global object a target of events, as windows are.
 *
 * @param {TestContext} t for as long as it lasts
 */
export function openWindow(t) {
  const target = new EventTarget();
  globalThis.addEventListener = target.addEventListener.bind(target);
  globalThis.removeEventListener = target.removeEventListener.bind(target);
  t.after(() => {
    for (const name of ["addEventListener", "removeEventListener"]) Reflect.deleteProperty(globalThis, name);
  });
  return target;
}

/** A storage of its own, as the tabs of one origin share it. */
export class Tabs {
  /** @type {Map<string, string>} */
  #items = new Map();

  get length() {
    return this.#items.size;
  }

  clear() {
    this.#items.clear();
  }

  /** @param {string} key */
  getItem(key) {
    return this.#items.get(key) ?? null;
  }

  /** @param {number} index */
  key(index) {
    return [...this.#items.keys()][index] ?? null;
  }

  /** @param {string} key */
  removeItem(key) {
    this.#items.delete(key);
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  setItem(key, value) {
    this.#items.set(key, value);
  }
}
