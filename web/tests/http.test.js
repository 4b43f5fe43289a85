/** Requests, and every way in which they fail. */

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { Http, NodError } from "../nod/index.js";
import { Service } from "./service.js";

/** @import { TestContext } from "node:test" */

/**
 * A server that speaks no HTTP of its own: it sends this to whoever asks, and hangs up.
 *
 * @param {TestContext} t
 * @param {string} said
 */
async function rude(t, said) {
  const server = createServer((socket) => socket.on("error", () => {}).once("data", () => socket.end(said)));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => server.close());
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return new Http(`http://127.0.0.1:${port}`);
}

test("a request carries its JSON and its bearer, and brings status and body", async (t) => {
  const service = await Service.start(t);
  service.on("POST /things", { status: 202, body: { interval: 2 } });
  const answer = await service.http.request("POST", "/things", { body: { a: "ä" }, bearer: "token" });
  assert.deepEqual(answer, { status: 202, body: { interval: 2 } });
  const [asked] = service.asked;
  assert.deepEqual(asked?.body, { a: "ä" });
  assert.equal(asked?.headers["content-type"], "application/json");
  assert.equal(asked?.headers.authorization, "Bearer token");
});

test("a request without body and bearer claims neither, and 204 has no body", async (t) => {
  const service = await Service.start(t);
  service.on("DELETE /things", { status: 204 });
  assert.deepEqual(await service.http.request("DELETE", "/things"), { status: 204, body: null });
  assert.equal(service.asked[0]?.body, undefined);
  assert.equal(service.asked[0]?.headers["content-type"], undefined);
  assert.equal(service.asked[0]?.headers.authorization, undefined);
});

/**
 * @typedef {{ code: string, status: number, message: string, retryAfter: number | null, isPassing: boolean }} Told
 * @type {[string, import("./service.js").Answer, Told][]}
 */
const REFUSALS = [
  [
    "a problem of RFC 9457 is told as it is",
    { status: 404, body: { code: "unknown_login", detail: "There is no such login" } },
    { code: "unknown_login", status: 404, message: "There is no such login", retryAfter: null, isPassing: false },
  ],
  [
    "Retry-After comes in seconds",
    { status: 429, headers: { "retry-after": "17" }, body: { code: "slow_down", detail: "slower" } },
    { code: "slow_down", status: 429, message: "slower", retryAfter: 17, isPassing: false },
  ],
  [
    "a Retry-After that is a date is none",
    { status: 429, headers: { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, body: { code: "slow_down", detail: "slower" } },
    { code: "slow_down", status: 429, message: "slower", retryAfter: null, isPassing: false },
  ],
  [
    "a 429 of API Gateway itself means slow_down",
    { status: 429, body: { message: "Too Many Requests" } },
    { code: "slow_down", status: 429, message: "Too Many Requests", retryAfter: null, isPassing: false },
  ],
  [
    "a page of HTML instead of a problem is internal",
    { status: 502, headers: { "content-type": "text/html" }, text: "<html>Bad Gateway</html>" },
    { code: "internal", status: 502, message: "Bad Gateway", retryAfter: null, isPassing: true },
  ],
  [
    "JSON that is no object is internal",
    { status: 500, text: "null" },
    { code: "internal", status: 500, message: "Internal Server Error", retryAfter: null, isPassing: true },
  ],
  [
    "a code that is no text is internal",
    { status: 400, body: { code: 7, detail: "odd" } },
    { code: "internal", status: 400, message: "odd", retryAfter: null, isPassing: false },
  ],
];

for (const [sentence, answer, told] of REFUSALS) {
  test(sentence, async (t) => {
    const service = await Service.start(t);
    service.on("GET /", answer);
    await assert.rejects(service.http.request("GET", "/"), (error) => {
      assert.ok(error instanceof NodError);
      const { code, status, message, retryAfter, isPassing } = error;
      assert.deepEqual({ code, status, message, retryAfter, isPassing }, told);
      return true;
    });
  });
}

const OFFLINE = { name: "NodError", code: "offline", status: 0, isPassing: true };

test("where nobody listens, the service is offline, which may pass", async (t) => {
  const service = await Service.start(t);
  const { http } = service;
  service.stop();
  await assert.rejects(http.request("GET", "/"), OFFLINE);
});

test("a connection that ends without an answer is offline", async (t) => {
  await assert.rejects((await rude(t, "")).request("GET", "/"), OFFLINE);
});

test("an answer that breaks off in the middle is offline", async (t) => {
  const http = await rude(t, 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"half":');
  await assert.rejects(http.request("GET", "/"), OFFLINE);
});

test("a success that is not JSON, as of a guest network's login page, is offline", async (t) => {
  const service = await Service.start(t);
  service.on("GET /", { text: "<html>Welcome to our hotel</html>" });
  await assert.rejects(service.http.request("GET", "/"), OFFLINE);
});
