/** On a signed-in device: who wants in, and where the account is signed in. */

import { Connection } from "../nod/index.js";
import { connectionState } from "../ui/connection.js";
import { h } from "../ui/dom.js";
import { installing } from "../ui/install.js";
import { words } from "../ui/language.js";
import { settingPassword } from "../ui/password.js";
import { Prompts } from "../ui/prompts.js";
import { session } from "../ui/service.js";
import { Sessions } from "../ui/sessions.js";
import { drawShell, show } from "../ui/shell.js";
import { requireSession } from "../ui/signed-in.js";

const { approve: text } = words;

drawShell(text.title);
if (requireSession()) {
  const connection = new Connection(() => session.ticket("approve"));
  const prompts = h("div", { class: "prompts" });
  const sessions = h("div");
  const who = h("p", { class: "quiet" });
  show(
    h("h1", {}, text.title),
    who,
    connectionState(connection),
    h("section", { "aria-labelledby": "asking" }, h("h2", { id: "asking" }, text.prompts), prompts),
    h("section", { "aria-labelledby": "signed-in" }, h("h2", { id: "signed-in" }, text.sessions), sessions),
    h("div", { class: "steps" }, h("a", { href: "/hand-over", class: "button" }, text.handOver)),
    settingPassword(),
    installing(),
  );
  new Prompts(connection, prompts, text.nobody);
  new Sessions(connection, sessions, who);
  connection.open();
}
