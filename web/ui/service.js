/** The service that the pages belong to, and the session of this browser. */

import { Http, MemoryStorage, Session, SessionStorage } from "../nod/index.js";
import { byId, fill, h } from "./dom.js";
import { words } from "./language.js";
import { setClock } from "./time.js";

/**
 * What the pages are told when they are published: where the HTTP API is, whether anybody may make an account with a
 * password, and whether there is a number to text to. `play` is there on a local stack only: where texts of a
 * make-believe phone go.
 *
 * @typedef {{ http: string, sign_up: boolean, sms: boolean, play?: string }} Config
 */

// As long as a request to the service may take.
const TIMEOUT_MS = 15_000;

/** @type {Config} */
export const config = await told();

export const http = new Http(config.http);

export const session = await Session.open(http, await storage());

/** Where the pages are. */
export const ORIGIN = location.origin;

/**
 * A page's address with everything that people need to type it.
 *
 * @param {string} path
 */
export function address(path) {
  return `${location.host}${path}`;
}

/** @returns {Promise<Config>} never, where the pages themselves cannot be reached: nothing goes without it */
async function told() {
  try {
    const answer = await fetch("/config.json", { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
    setClock(answer);
    return await answer.json();
  } catch {
    const [title, advice] = words.error.offline;
    const again = h("button", { type: "button", onclick: () => location.reload() }, words.signIn.again);
    fill(byId("main"), h("h1", {}, title), h("p", { role: "alert" }, advice), again);
    return new Promise(() => {});
  }
}

/** Where the session is kept: some browsers let a page keep nothing, then it lasts as long as the page. */
async function storage() {
  const kept = new SessionStorage();
  try {
    await kept.read();
    return kept;
  } catch {
    return new MemoryStorage();
  }
}
