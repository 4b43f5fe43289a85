/** An address at which there is nothing. */

import { NodError } from "../nod/index.js";
import { h } from "../ui/dom.js";
import { words } from "../ui/language.js";
import { ending } from "../ui/outcome.js";
import { drawShell, show } from "../ui/shell.js";

drawShell(words.error.not_found[0] ?? "");
show(...ending(new NodError("not_found", 404, ""), h("a", { href: "/", class: "button primary" }, words.home)));
