/** What a browser has beyond node: a window with events, and storage. */

/**
 * @import { TestContext } from "node:test"
 * @import { Kept } from "../nod/session.js"
 */

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

/** A storage as the tabs of one origin share it. */
export class Tabs {
  /** @type {Kept | null} */
  kept = null;

  async read() {
    return this.kept;
  }

  /** @param {Kept} kept */
  async write(kept) {
    this.kept = kept;
  }

  /**
   * @param {string} before
   * @param {Kept | null} after
   */
  async replace(before, after) {
    if (this.kept?.session_id === before) this.kept = after;
    return this.kept;
  }
}
