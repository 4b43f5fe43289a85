/**
 * An approver on the client library, for a test to play with: one JSON text a line, in and out.
 *
 * Out: `{"asks": "address"}` for each attempt to connect, `{"state"}`, `{"welcome"}`, `{"frame"}`, `{"closed", "reason"}`
 * of each socket, `{"reply"}` or `{"refused"}` to what was asked. In: `{"address"}`, `{"ask", "fields"}`.
 */

import { createInterface } from "node:readline";
import { Connection } from "../../web/nod/index.js";

const A_MINUTE_MS = 60_000;
/** How many times faster whatever takes minutes is to pass. */
const haste = Number(process.argv[2]);
const { setTimeout: passes, WebSocket: Plain } = globalThis;

/** @param {Record<string, unknown>} what */
function tell(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

// The library's own clock and socket, watched: the first runs faster, the second tells how it was closed.
globalThis.setTimeout = /** @type {typeof setTimeout} */ (
  (/** @type {() => void} */ what, /** @type {number} */ delay) => passes(what, delay < A_MINUTE_MS ? delay : delay / haste)
);
globalThis.WebSocket = class extends Plain {
  /** @param {string | URL} url */
  constructor(url) {
    super(url);
    this.addEventListener("close", ({ code, reason }) => tell({ closed: code, reason }));
  }
};

/** @type {((url: string) => void)[]} */
const waiting = [];
const connection = new Connection(() => {
  tell({ asks: "address" });
  return new Promise((resolve) => waiting.push(resolve));
});
connection.addEventListener("state", () => tell({ state: connection.state }));
for (const kind of ["welcome", "frame"]) {
  connection.addEventListener(kind, (event) => tell({ [kind]: /** @type {CustomEvent} */ (event).detail }));
}
connection.open();

for await (const line of createInterface({ input: process.stdin })) {
  const said = JSON.parse(line);
  if (said.address) waiting.shift()?.(said.address);
  else
    connection.ask(said.ask, said.fields).then(
      (reply) => tell({ reply }),
      (error) => tell({ refused: error.code }),
    );
}
connection.close();
