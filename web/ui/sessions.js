/** Where the account is signed in, and signing out from afar. */

import { NodError } from "../nod/index.js";
import { fill, h, icon } from "./dom.js";
import { put, words } from "./language.js";
import { problem } from "./outcome.js";
import { session } from "./service.js";
import { moment } from "./time.js";

/**
 * @import { Connection } from "../nod/index.js"
 * @import { Device } from "../nod/sign_in.js"
 * @typedef {{
 *   session_id: string, login: string, method: "password" | "approval" | "phone" | "qr", signed_in_at: string,
 *   last_seen_at: string, device: Device, ip: string, place: string | null, let_in_by: string | null, current: boolean
 * }} SessionShown
 */

const { approve: text } = words;

/** The sessions of the account, drawn into an element and kept true to what the connection tells. */
export class Sessions {
  /**
   * @param {Connection} connection
   * @param {HTMLElement} list
   */
  constructor(connection, list) {
    this.connection = connection;
    this.list = list;
    this.trouble = h("div");
    connection.addEventListener("welcome", () => void this.#draw());
    connection.addEventListener("frame", (event) => {
      const frame = /** @type {CustomEvent} */ (event).detail;
      if (frame.type === "sessionEnded" && frame.session_id === session.id) void session.forget();
      else if (frame.type === "sessionStarted" || frame.type === "sessionEnded") void this.#draw();
    });
  }

  async #draw() {
    /** @type {SessionShown[]} */
    let sessions;
    try {
      ({ sessions } = await this.connection.ask("listSessions"));
    } catch (error) {
      // The connection says by itself that it is down; the next welcome draws the list.
      if (error instanceof NodError) return;
      throw error;
    }
    const others = sessions.filter((one) => !one.current);
    fill(
      this.list,
      h("ul", { class: "sessions" }, sessions.map((one) => this.#row(one, sessions))),
      this.trouble,
      others.length > 0 && h("button", { type: "button", onclick: () => void this.#endOthers(others) }, text.signOutOthers),
    );
  }

  /**
   * @param {SessionShown} one
   * @param {SessionShown[]} sessions
   */
  #row(one, sessions) {
    const { device, ip, place, method, current, session_id: id } = one;
    const below = tree(id, sessions);
    const host = one.let_in_by && sessions.find((other) => other.session_id === one.let_in_by);
    const letIn = host ? put(text.letInBy, { device: host.device.name }) : one.let_in_by && text.letInByEnded;
    return h(
      "li",
      { class: "card session", "data-session": id },
      h("h3", {}, icon(device.type), h("span", {}, device.name), current && h("span", { class: "badge" }, text.current)),
      h("p", { class: "quiet" }, [text.method[method], one.login, ip, place, device.app, letIn].filter(Boolean).join(" · ")),
      h("p", { class: "quiet" }, text.since, " ", moment(one.signed_in_at), " · ", text.seen, " ", moment(one.last_seen_at)),
      h(
        "div",
        { class: "steps" },
        h("button", { type: "button", onclick: () => void this.#end(one, 0) }, text.signOut),
        below > 0 && h("button", { type: "button", onclick: () => void this.#end(one, below) }, text.signOutTree),
      ),
    );
  }

  /**
   * @param {SessionShown} one
   * @param {number} below how many go with it; 0 for it alone
   */
  async #end(one, below) {
    const question = put(below ? text.sureTree : text.sure, { device: one.device.name, count: below });
    if (!(await confirmed(question))) return;
    if (one.current && below === 0) return void (await session.signOut());
    const fields = { session_id: one.session_id, and_let_in: below > 0 };
    const isOver = await this.#attempt(() => this.connection.ask("endSession", fields));
    if (one.current && isOver) await session.forget();
  }

  /** @param {SessionShown[]} others */
  async #endOthers(others) {
    if (!(await confirmed(put(text.sureOthers, { count: others.length })))) return;
    for (const { session_id } of others) await this.#attempt(() => this.connection.ask("endSession", { session_id }));
  }

  /**
   * @param {() => Promise<unknown>} what
   * @returns {Promise<boolean>} whether it was done
   */
  async #attempt(what) {
    let isDone = true;
    fill(this.trouble);
    try {
      await what();
    } catch (error) {
      // It was ended by somebody else meanwhile: that is what was asked for.
      isDone = error instanceof NodError && error.code === "unknown_session";
      if (!isDone) fill(this.trouble, problem(error));
    }
    await this.#draw();
    return isDone;
  }
}

/**
 * How many sessions there are below one, through those that it let in.
 *
 * @param {string} id
 * @param {SessionShown[]} sessions
 * @returns {number}
 */
function tree(id, sessions) {
  const children = sessions.filter((one) => one.let_in_by === id);
  return children.reduce((count, child) => count + 1 + tree(child.session_id, sessions), 0);
}

/**
 * Ask the person, in a dialog of the page.
 *
 * @param {string} question
 * @returns {Promise<boolean>}
 */
function confirmed(question) {
  const dialog = h(
    "dialog",
    { "aria-label": question },
    h("p", {}, question),
    h(
      "form",
      { method: "dialog", class: "steps" },
      h("button", { value: "no" }, text.no),
      h("button", { value: "yes", class: "primary" }, text.yes),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
