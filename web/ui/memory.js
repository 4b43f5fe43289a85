/** What is remembered besides the session; where the browser lets pages keep nothing, until the page is left. */

class Memory {
  /** @type {Map<string, string>} */
  #held = new Map();

  /** @param {() => Storage} place which some browsers forbid even to look at */
  constructor(place) {
    this.place = place;
  }

  /** @param {string} name */
  get(name) {
    try {
      return this.place().getItem(name);
    } catch {
      return this.#held.get(name) ?? null;
    }
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  set(name, text) {
    try {
      this.place().setItem(name, text);
    } catch {
      this.#held.set(name, text);
    }
  }

  /** @param {string} name */
  delete(name) {
    this.#held.delete(name);
    try {
      this.place().removeItem(name);
    } catch {
      // Then it is not there either.
    }
  }
}

/** For all tabs, until it is deleted. */
export const browser = new Memory(() => localStorage);

/** For this tab, until it is closed. */
export const tab = new Memory(() => sessionStorage);
