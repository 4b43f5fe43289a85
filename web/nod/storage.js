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

  async clear() {
    await this.#do("readwrite", (store) => store.delete(KEY));
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest} what
   * @returns {Promise<any>} when the transaction is through
   */
  async #do(mode, what) {
    const database = await (this.#database ??= open());
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      const request = what(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
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
