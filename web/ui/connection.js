/** How the connection stands, always true to it. */

import { words } from "./language.js";
import { h } from "./dom.js";

/** @import { Connection } from "../nod/index.js" */

/**
 * A line that says how a connection stands.
 *
 * @param {Connection} connection
 */
export function connectionState(connection) {
  const line = h("p", { class: "connection", role: "status" });
  const draw = () => {
    line.dataset["state"] = connection.state;
    line.textContent = words.connection[connection.state];
  };
  connection.addEventListener("state", draw);
  draw();
  return line;
}
