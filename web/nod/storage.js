/** Where a browser keeps its session, for all tabs of the origin: one record in IndexedDB. */

/** @import { Kept } from "./session.js" */

const DATABASE = "nod";
const STORE = "session";
const KEY = "current";

/**
 * Unlike `localStorage`, whose copies in several tabs agree only after a while, a read here sees every write that was
 * finished before it: whoever takes its turn to refresh finds the newest token.
 */
export class SessionStorage {
  /** @type {Promise<IDBDatabase> | null} */
  #database = null;

  /** @returns {Promise<Kept | null>} */
  async read() {
    return (await this.#do("readonly", (store) => store.get(KEY))) ?? null;
  }

  /** @param {Kept} kept */
  async write(kept) {
    await this.#do("readwrite", (store) => store.put(kept, KEY));
  }

  /**
   * Put something in the place of a session, if it is still that session which is kept.
   *
   * @param {string} before the id of that session
   * @param {Kept | null} after null to keep nothing
   * @returns {Promise<Kept | null>} what is kept now
   */
  async replace(before, after) {
    /** @type {Kept | null} */
    let kept = null;
    await this.#do("readwrite", (store) => {
      const found = store.get(KEY);
      found.onsuccess = () => {
        kept = found.result ?? null;
        if (kept?.session_id !== before) return;
        kept = after;
        if (after === null) store.delete(KEY);
        else store.put(after, KEY);
      };
      return found;
    });
    return kept;
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest} what
   * @returns {Promise<any>} when the transaction is through
   */
  async #do(mode, what) {
    const transaction = await this.#begun(mode);
    return new Promise((resolve, reject) => {
      const request = what(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  /**
   * Browsers close the databases of pages that sleep, and when data is cleared: then it is opened once more.
   *
   * @param {IDBTransactionMode} mode
   */
  async #begun(mode) {
    try {
      return (await this.#opened()).transaction(STORE, mode);
    } catch {
      this.#database = null;
      return (await this.#opened()).transaction(STORE, mode);
    }
  }

  #opened() {
    const opening = (this.#database ??= open());
    const forget = () => {
      if (this.#database === opening) this.#database = null;
    };
    opening.then((database) => {
      database.onclose = forget;
      database.onversionchange = () => (database.close(), forget());
    }, forget);
    return opening;
  }
}

/** For one tab, and until it is closed: where the browser lets a page keep nothing. */
export class MemoryStorage {
  /** @type {Kept | null} */
  #kept = null;

  async read() {
    return this.#kept;
  }

  /** @param {Kept} kept */
  async write(kept) {
    this.#kept = kept;
  }

  /**
   * @param {string} before
   * @param {Kept | null} after
   */
  async replace(before, after) {
    if (this.#kept?.session_id === before) this.#kept = after;
    return this.#kept;
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
