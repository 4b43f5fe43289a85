/** Prompts as cards: who wants in, from where, and the answers that can be given. */

import { NodError } from "../nod/index.js";
import { attract } from "./attention.js";
import { confirmed } from "./confirm.js";
import { fill, h, icon } from "./dom.js";
import { placeName, put, words } from "./language.js";
import { problem } from "./outcome.js";
import { announce, focusHeading } from "./shell.js";
import { countdown, moment, timeUntil } from "./time.js";

/**
 * @import { Connection } from "../nod/index.js"
 * @import { Device } from "../nod/sign_in.js"
 * @typedef {{
 *   sign_in_id: string, method: "approval" | "phone" | "qr", login: string,
 *   device: Device, ip: string, place?: string | null,
 *   created_at: string, expires_at: string, message?: string,
 *   verification: { mode: "none" | "compare" | "echo" | "choose" | "enter", code?: string, choices?: string[] }
 * }} Prompt
 * @typedef {"allow" | "deny" | "report"} Decision
 * @typedef {keyof typeof words.approve.answered} Ending
 */

// How long a card that is over stays, so that nobody wonders where it went; and one that can still be reported.
const FAREWELL_MS = 6000;
const LATE_REPORT_MS = 30_000;

/** The open prompts of a connection, drawn into an element. */
export class Prompts {
  /** @type {Map<string, HTMLElement>} */
  #cards = new Map();
  /** @type {WeakMap<HTMLElement, number>} */
  #leaving = new WeakMap();

  /**
   * @param {Connection} connection
   * @param {HTMLElement} list
   * @param {string} nobody what stands there while nobody asks
   */
  constructor(connection, list, nobody) {
    this.connection = connection;
    this.list = list;
    this.empty = h("p", { class: "quiet" }, nobody);
    connection.addEventListener("welcome", (event) => this.#all(/** @type {CustomEvent} */ (event).detail.prompts));
    connection.addEventListener("frame", (event) => this.#take(/** @type {CustomEvent} */ (event).detail));
    connection.addEventListener("state", () => {
      if (connection.state === "ended") attract(0);
    });
    this.#counted();
  }

  /**
   * What is open now, also after a break: whatever is not among it is over, nobody here knows how.
   *
   * @param {Prompt[]} prompts
   */
  #all(prompts) {
    const open = new Set(prompts.map((prompt) => prompt.sign_in_id));
    for (const id of this.#cards.keys()) if (!open.has(id)) this.#over(id, "gone");
    for (const prompt of prompts) this.#add(prompt);
  }

  /** @param {any} frame */
  #take(frame) {
    if (frame.type === "prompt") this.#add(frame);
    if (frame.type === "promptClosed") this.#over(frame.sign_in_id, frame.status);
  }

  /** @param {Prompt} prompt */
  #add(prompt) {
    if (this.#cards.has(prompt.sign_in_id)) return;
    const card = this.#card(prompt);
    this.#cards.set(prompt.sign_in_id, card);
    this.list.append(card);
    announce(`${prompt.device.name} ${put(words.approve.asks, { login: prompt.login })}`);
    this.#counted();
  }

  /** @param {Prompt} prompt */
  #card(prompt) {
    const { device, login, method, message, sign_in_id: id } = prompt;
    const how = { approval: put(words.approve.asks, { login }), phone: words.approve.texted, qr: words.approve.scanned };
    const trouble = h("div");
    /** @type {(decision: Decision, code?: string) => void} */
    const answer = (decision, code) => void this.#answer(prompt, card, trouble, decision, code);
    const report = async () => {
      if (await sure(login)) answer("report");
    };
    const card = h(
      "article",
      { class: "card prompt", tabindex: -1, "data-sign-in": id, "data-device": device.name, "data-login": login },
      h("h3", {}, icon(device.type), h("span", {}, h("b", {}, device.name), " ", how[method])),
      message && h("p", { class: "message" }, put(words.approve.says, { message })),
      facts(prompt, () => this.#over(id, "expired")),
      choices(prompt, answer),
      trouble,
      h(
        "div",
        { class: "steps" },
        h("button", { type: "button", class: "deny", onclick: () => answer("deny") }, words.approve.deny),
        h("button", { type: "button", class: "report", onclick: () => void report() }, words.approve.report),
      ),
    );
    return card;
  }

  /**
   * @param {Prompt} prompt
   * @param {HTMLElement} card
   * @param {HTMLElement} trouble
   * @param {Decision} decision
   * @param {string} [code]
   */
  async #answer(prompt, card, trouble, decision, code) {
    const buttons = [...card.querySelectorAll("button")];
    const pressed = document.activeElement;
    // A button that is disabled loses the focus: the card keeps it meanwhile.
    if (pressed instanceof HTMLButtonElement && card.contains(pressed)) card.focus();
    for (const button of buttons) button.disabled = true;
    try {
      const fields = { sign_in_id: prompt.sign_in_id, decision, ...(code === undefined ? {} : { code }) };
      const answered = await this.connection.ask("answer", fields);
      this.#over(prompt.sign_in_id, endingOf(decision, answered.status));
    } catch (error) {
      if (!(error instanceof NodError)) throw error;
      if (error.code === "already_answered") return this.#over(prompt.sign_in_id, "elsewhere");
      if (error.code === "not_answerable" || error.code === "unknown_sign_in") return this.#over(prompt.sign_in_id, "expired");
      fill(trouble, problem(error));
      for (const button of buttons) button.disabled = false;
      if (pressed instanceof HTMLButtonElement && document.activeElement === card) pressed.focus();
    }
  }

  /**
   * The card says how it ended, at once, so that a finger that is on its way finds nothing to press.
   *
   * What was given up, or has run out, can be reported still: else who gives up at once could ask for ever.
   *
   * @param {string} id
   * @param {Ending} ending
   */
  #over(id, ending) {
    const card = this.#cards.get(id);
    if (card === undefined) return;
    this.#cards.delete(id);
    const unanswered = ending === "cancelled" || ending === "expired" || ending === "gone";
    const text = put(words.approve.answered[ending], { device: card.dataset["device"] ?? "" });
    const held = card.contains(document.activeElement);
    const note = h("p", { class: "ended" }, text);
    card.classList.add("over");
    fill(card, note, unanswered && this.#lateReport(id, card));
    if (held) {
      note.tabIndex = -1;
      note.focus();
    }
    announce(text);
    this.#leaveIn(card, unanswered ? LATE_REPORT_MS : FAREWELL_MS);
    this.#counted();
  }

  /**
   * @param {string} id
   * @param {HTMLElement} card
   */
  #lateReport(id, card) {
    const trouble = h("div");
    const report = async () => {
      // While the person is asked, and until it is known what came of it, the card stays.
      clearTimeout(this.#leaving.get(card));
      if (await sure(card.dataset["login"] ?? "")) {
        button.disabled = true;
        try {
          await this.connection.ask("answer", { sign_in_id: id, decision: "report" });
          return this.#say(card, words.approve.answered.reported);
        } catch (error) {
          if (!(error instanceof NodError)) throw error;
          if (error.code === "already_answered") return this.#say(card, words.approve.answered.elsewhere);
          fill(trouble, problem(error));
          button.disabled = false;
        }
      }
      this.#leaveIn(card, LATE_REPORT_MS);
    };
    const button = h("button", { type: "button", class: "report", onclick: () => void report() }, words.approve.report);
    return [trouble, button];
  }

  /**
   * The last word of a card.
   *
   * @param {HTMLElement} card
   * @param {string} text
   */
  #say(card, text) {
    const note = h("p", { class: "ended", tabindex: -1 }, text);
    fill(card, note);
    note.focus();
    announce(text);
    this.#leaveIn(card, FAREWELL_MS);
  }

  /**
   * @param {HTMLElement} card
   * @param {number} ms
   */
  #leaveIn(card, ms) {
    clearTimeout(this.#leaving.get(card));
    this.#leaving.set(
      card,
      setTimeout(() => this.#farewell(card), ms),
    );
  }

  /** @param {HTMLElement} card */
  #farewell(card) {
    if (card.contains(document.activeElement)) focusHeading();
    card.remove();
  }

  #counted() {
    if (this.#cards.size === 0) this.list.append(this.empty);
    else this.empty.remove();
    attract(this.#cards.size);
  }
}

/**
 * Whether the person means it: a report holds their own requests back as well.
 *
 * @param {string} login
 */
function sure(login) {
  const { sureReport, report, notReport, thisPhone } = words.approve;
  return confirmed(put(sureReport, { login: login.startsWith("device:") ? thisPhone : login }), report, notReport);
}

/**
 * How an answer ended: an allow that is answered with a denial had another code than the device shows.
 *
 * @param {Decision} decision
 * @param {Ending} status
 * @returns {Ending}
 */
function endingOf(decision, status) {
  if (decision === "report") return "reported";
  return decision === "allow" && status === "denied" ? "wrongCode" : status;
}

/**
 * @param {Prompt} prompt
 * @param {() => void} onOver
 */
function facts({ device, ip, place, created_at, expires_at }, onOver) {
  /** @type {[string, any][]} */
  const rows = [
    [words.approve.device, words.device[device.type]],
    [words.approve.app, device.app],
    [words.approve.from, ip],
    [words.approve.place, placeName(place)],
    [words.approve.at, moment(created_at)],
    [words.approve.left, countdown(() => timeUntil(expires_at), (left) => left, onOver)],
  ];
  return h(
    "dl",
    {},
    rows.filter(([, value]) => value).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

/**
 * What allows it: a pick, a code, or a plain button.
 *
 * @param {Prompt} prompt
 * @param {(decision: Decision, code?: string) => void} answer
 */
function choices({ verification }, answer) {
  const { mode, code, choices: numbers } = verification;
  if (mode === "choose") {
    const pick = (/** @type {string} */ number) =>
      h(
        "button",
        {
          type: "button",
          class: "number",
          "aria-label": put(words.approve.pickNumber, { number }),
          onclick: () => answer("allow", number),
        },
        number,
      );
    return h("div", { class: "allow" }, h("p", {}, words.approve.choose), h("div", { class: "numbers" }, (numbers ?? []).map(pick)));
  }
  if (mode === "enter") {
    const input = h("input", { inputmode: "numeric", pattern: "[0-9]{6}", maxlength: 6, autocomplete: "off", required: true });
    return h(
      "form",
      { class: "allow", onsubmit: (/** @type {Event} */ event) => (event.preventDefault(), answer("allow", input.value)) },
      h("label", {}, words.approve.enter, input),
      h("button", { class: "primary" }, words.approve.allow),
    );
  }
  const hint = mode === "compare" ? words.approve.compare : mode === "echo" ? words.approve.echo : null;
  return h(
    "div",
    { class: "allow" },
    hint && h("p", {}, hint, " ", h("b", { class: "code" }, code)),
    h("button", { type: "button", class: "primary", onclick: () => answer("allow") }, words.approve.allow),
  );
}
