/** On a signed-in computer: QR codes for the phones that ask, and letting them in. */

import { Connection, NodError } from "../nod/index.js";
import { Codes } from "../ui/codes.js";
import { connectionState } from "../ui/connection.js";
import { fill, h } from "../ui/dom.js";
import { put, words } from "../ui/language.js";
import { Prompts } from "../ui/prompts.js";
import { address, session } from "../ui/service.js";
import { drawShell, show } from "../ui/shell.js";
import { requireSession } from "../ui/signed-in.js";

const { handOver: text } = words;

/**
 * Say which phones can ask.
 *
 * @param {HTMLElement} place
 */
async function sayWho(place) {
  try {
    /** @type {{ logins: { login: string, kind: string }[] }} */
    const { logins } = await session.call("GET", "/account");
    const numbers = logins.filter(({ kind }) => kind === "phone").map(({ login }) => login);
    fill(place, numbers.length > 0 ? put(text.byNumber, { numbers: numbers.join(", ") }) : text.noNumber);
  } catch (error) {
    // It only helps: whoever is signed out, or not connected, is told so elsewhere.
    if (!(error instanceof NodError)) throw error;
  }
}

drawShell(text.title);
if (requireSession()) {
  const connection = new Connection(() => session.ticket("hand_over"));
  const codes = h("div", { class: "codes" });
  const prompts = h("div", { class: "prompts" });
  const who = h("li", {}, text.stepName);
  show(
    h("h1", {}, text.title),
    connectionState(connection),
    h("p", { class: "lead" }, text.lead),
    h("ol", { class: "todo" }, h("li", {}, put(text.stepPage, { address: address("/scan") })), who, h("li", {}, text.stepRead)),
    codes,
    prompts,
  );
  new Codes(connection, codes);
  new Prompts(connection, prompts, text.none);
  connection.open();
  void sayWho(who);
}
