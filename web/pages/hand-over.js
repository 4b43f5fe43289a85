/** On a signed-in computer: QR codes for the phones that ask, and letting them in. */

import { Connection, NodError } from "../nod/index.js";
import { Codes } from "../ui/codes.js";
import { connectionState } from "../ui/connection.js";
import { fill, h } from "../ui/dom.js";
import { put, words } from "../ui/language.js";
import { addNumber, numbers } from "../ui/number.js";
import { Prompts } from "../ui/prompts.js";
import { address, config, session } from "../ui/service.js";
import { drawShell, show } from "../ui/shell.js";
import { requireSession } from "../ui/signed-in.js";

const { handOver: text } = words;

/**
 * Say how a phone says whose it is; where no number of the account could be typed there, let one be added.
 *
 * @param {HTMLElement} how
 * @param {HTMLElement} adding
 */
async function sayHow(how, adding) {
  try {
    const known = await numbers();
    fill(how, known.length > 0 ? put(text.byNumber, { numbers: known.join(", ") }) : text.noNumber);
    fill(adding);
    if (known.length > 0 || !config.sms) return;
    const place = h("div");
    addNumber(place, () => void sayHow(how, adding));
    fill(adding, h("details", {}, h("summary", {}, text.addNumber), place));
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
  const how = h("li", {}, text.stepName);
  const adding = h("div");
  show(
    h("h1", {}, text.title),
    connectionState(connection),
    h("p", { class: "lead" }, text.lead),
    h("ol", { class: "todo" }, h("li", {}, put(text.stepPage, { address: address("/scan") })), how, h("li", {}, text.stepRead)),
    codes,
    prompts,
    adding,
  );
  new Codes(connection, codes);
  new Prompts(connection, prompts, text.none);
  connection.open();
  void sayHow(how, adding);
}
