/** Where the account is signed in, and signing out from afar. */

import { NodError } from "../nod/index.js";
import { confirmed } from "./confirm.js";
import { fill, h, icon } from "./dom.js";
import { placeName, put, words } from "./language.js";
import { problem } from "./outcome.js";
import { session } from "./service.js";
import { focusHeading } from "./shell.js";
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
// What a session is listed under that came by the device alone: no name that anybody knows.
const DEVICE = "device:";

/** The sessions of the account, drawn into an element and kept true to what the connection tells. */
export class Sessions {
  /**
   * @param {Connection} connection
   * @param {HTMLElement} list
   * @param {HTMLElement} who says as whom this device is signed in
   */
  constructor(connection, list, who) {
    this.connection = connection;
    this.list = list;
    this.who = who;
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
      // Not by `listSessions`: a frame holds some hundreds at most.
      ({ sessions } = await session.call("GET", "/sessions"));
      sessions.sort((one, other) => Number(other.current) - Number(one.current));
    } catch (error) {
      if (!(error instanceof NodError)) throw error;
      // That the service cannot be reached, or that it is signed out here, the page says by itself.
      if (error.code !== "offline" && error.code !== "signed_out") fill(this.list, problem(error));
      return;
    }
    const others = sessions.filter((one) => !one.current);
    const login = named(sessions.find((one) => one.current)?.login);
    fill(this.who, login && put(text.as, { login }));
    const refocus = this.#focused();
    fill(
      this.list,
      h("ul", { class: "sessions" }, sessions.map((one) => this.#row(one, sessions))),
      this.trouble,
      others.length > 0 && h("button", { type: "button", name: "others", onclick: () => void this.#endOthers(others) }, text.signOutOthers),
    );
    refocus();
  }

  /** Who stands on a button of the list does so after it was drawn anew, or else where the page begins. */
  #focused() {
    const focused = document.activeElement;
    if (focused === null || !this.list.contains(focused)) return () => {};
    const { name } = /** @type {HTMLButtonElement} */ (focused);
    const row = focused.closest("[data-session]")?.getAttribute("data-session");
    return () => {
      const place = row ? this.list.querySelector(`[data-session="${CSS.escape(row)}"]`) : this.list;
      const same = place?.querySelector(`button[name="${CSS.escape(name)}"]`);
      if (same instanceof HTMLElement) same.focus();
      else focusHeading();
    };
  }

  /**
   * @param {SessionShown} one
   * @param {SessionShown[]} sessions
   */
  #row(one, sessions) {
    const { device, ip, place, method, current, session_id: id } = one;
    const below = tree(id, sessions);
    const host = one.let_in_by && sessions.find((other) => other.session_id === one.let_in_by);
    const letInBy = host && (host.current ? text.letInByThis : put(text.letInBy, { device: host.device.name }));
    const letIn = letInBy || (one.let_in_by && text.letInByEnded);
    return h(
      "li",
      { class: "card session", "data-session": id },
      h("h3", {}, icon(device.type), h("span", {}, device.name), current && h("span", { class: "badge" }, text.current)),
      h("p", { class: "quiet" }, [text.method[method], named(one.login), ip, placeName(place), device.app, letIn].filter(Boolean).join(" · ")),
      h("p", { class: "quiet" }, text.since, " ", moment(one.signed_in_at), " · ", text.seen, " ", moment(one.last_seen_at)),
      h(
        "div",
        { class: "steps" },
        h("button", { type: "button", name: "one", onclick: () => void this.#end(one, 0) }, text.signOut),
        below > 0 &&
          h("button", { type: "button", name: "tree", onclick: () => void this.#end(one, below) }, put(text.signOutTree, { count: below })),
      ),
    );
  }

  /**
   * @param {SessionShown} one
   * @param {number} below how many go with it; 0 for it alone
   */
  async #end(one, below) {
    const alone = one.current ? text.sureCurrent : text.sure;
    const question = put(below ? text.sureTree : alone, { device: one.device.name, count: below });
    if (!(await confirmed(question, text.yes, text.no))) return;
    if (one.current && below === 0) return void (await session.signOut());
    const fields = { session_id: one.session_id, and_let_in: below > 0 };
    fill(this.trouble);
    const isOver = await this.#attempt(fields);
    await this.#draw();
    if (one.current && isOver) await session.forget();
  }

  /** @param {SessionShown[]} others */
  async #endOthers(others) {
    if (!(await confirmed(put(text.sureOthers, { count: others.length }), text.yes, text.no))) return;
    fill(this.trouble);
    for (const { session_id } of others) await this.#attempt({ session_id });
    await this.#draw();
  }

  /**
   * @param {Record<string, unknown>} fields what is to end
   * @returns {Promise<boolean>} whether it has
   */
  async #attempt(fields) {
    try {
      await this.connection.ask("endSession", fields);
      return true;
    } catch (error) {
      // It was ended by somebody else meanwhile: that is what was asked for.
      if (error instanceof NodError && error.code === "unknown_session") return true;
      fill(this.trouble, problem(error));
      return false;
    }
  }
}

/** @param {string} [login] */
function named(login) {
  return login?.startsWith(DEVICE) ? null : login;
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
