/** On a signed-in computer: QR codes for the phones that ask, and letting them in. */

import { Connection } from "../nod/index.js";
import { connectionState } from "../ui/connection.js";
import { h } from "../ui/dom.js";
import { put, words } from "../ui/language.js";
import { Prompts } from "../ui/prompts.js";
import { Codes } from "../ui/codes.js";
import { address, session } from "../ui/service.js";
import { drawShell, show } from "../ui/shell.js";
import { requireSession } from "../ui/signed-in.js";

const { handOver: text } = words;

drawShell(text.title);
if (requireSession()) {
  const connection = new Connection(() => session.ticket("hand_over"));
  const codes = h("div", { class: "codes" });
  const prompts = h("div", { class: "prompts" });
  show(
    h("h1", {}, text.title),
    connectionState(connection),
    h("p", { class: "lead" }, text.lead),
    h("p", {}, put(text.step, { address: address("/scan") })),
    codes,
    prompts,
  );
  new Codes(connection, codes);
  new Prompts(connection, prompts, text.none);
  connection.open();
}
