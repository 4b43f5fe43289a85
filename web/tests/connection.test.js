/** A connection that stays open. */

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { Connection, NodError } from "../nod/index.js";
import { Service } from "./service.js";
import { Clock, until } from "./until.js";
import { openWindow } from "./window.js";

/** @import { TestContext } from "node:test" */

const PING_MS = 300_000;
const REPLY_MS = 10_000;
const OFFLINE = { name: "NodError", code: "offline", status: 0 };

/** @param {string} code */
function refusal(code) {
  return new NodError(code, 401, "over");
}

/**
 * A connection that is not open yet, the service that it leads to, and what it tells.
 *
 * @param {TestContext} t
 * @param {(url: string) => Promise<string>} [address] by the service's own
 */
async function connection(t, address = async (url) => url) {
  const service = await Service.start(t);
  const made = new Connection(() => address(service.socketUrl));
  /** @type {string[]} */
  const states = [];
  /** @type {any[]} */
  const welcomes = [];
  /** @type {any[]} */
  const frames = [];
  made.addEventListener("state", () => states.push(made.state));
  made.addEventListener("welcome", (event) => welcomes.push(/** @type {CustomEvent} */ (event).detail));
  made.addEventListener("frame", (event) => frames.push(/** @type {CustomEvent} */ (event).detail));
  t.after(() => made.close());
  return { service, connection: made, states, welcomes, frames };
}

/** @param {TestContext} t */
async function opened(t) {
  const all = await connection(t);
  all.connection.open();
  const peer = await all.service.peer(0);
  await peer.welcome();
  await until(() => all.welcomes.length === 1);
  return { ...all, peer };
}

test("it says hello first, and is open once it was welcomed", async (t) => {
  const { service, connection: one, states, welcomes, frames } = await connection(t);
  assert.equal(one.state, "closed");
  one.open();
  const peer = await service.peer(0);
  const { action, id, ...rest } = await peer.got("hello");
  assert.deepEqual({ action, rest }, { action: "hello", rest: {} });
  assert.deepEqual(states, ["connecting"]);
  peer.send({ type: "welcome", id, prompts: [{ sign_in_id: "x" }] });
  await until(() => one.state === "open");
  assert.deepEqual(states, ["connecting", "open"]);
  assert.deepEqual(welcomes, [{ type: "welcome", id, prompts: [{ sign_in_id: "x" }] }]);
  assert.deepEqual(frames, []);
});

test("opened twice it connects once", async (t) => {
  const { service, connection: one } = await opened(t);
  one.open();
  one.open();
  await service.http.request("GET", "/").catch(() => {});
  assert.equal(service.peers.length, 1);
});

test("replies come to whoever asked, in whatever order", async (t) => {
  const { connection: one, peer, frames } = await opened(t);
  const asked = [one.ask("answer", { sign_in_id: "x", decision: "allow" }), one.ask("listSessions")];
  const answer = await peer.got("answer");
  const list = await peer.got("listSessions");
  assert.deepEqual(answer, { action: "answer", id: answer.id, sign_in_id: "x", decision: "allow" });
  assert.notEqual(answer.id, list.id);
  peer.send({ type: "sessions", id: list.id, sessions: [] });
  peer.send({ type: "answered", id: answer.id, status: "allowed" });
  assert.deepEqual(await Promise.all(asked), [
    { type: "answered", id: answer.id, status: "allowed" },
    { type: "sessions", id: list.id, sessions: [] },
  ]);
  assert.deepEqual(frames, []);
});

test("a refused frame is an error for whoever sent it, and the connection stays open", async (t) => {
  const { connection: one, peer } = await opened(t);
  const refused = assert.rejects(one.ask("answer"), { name: "NodError", code: "wrong_code", message: "the code is wrong" });
  const { id } = await peer.got("answer");
  peer.send({ type: "error", id, code: "wrong_code", detail: "the code is wrong" });
  await refused;
  assert.equal(one.state, "open");
});

test("what nobody asked for is told as it comes", async (t) => {
  const { peer, frames } = await opened(t);
  const pushes = [{ type: "prompt", sign_in_id: "x" }, { type: "promptClosed", sign_in_id: "x" }, { message: "Forbidden" }];
  for (const push of pushes) peer.send(push);
  await until(() => frames.length === pushes.length);
  assert.deepEqual(frames, pushes);
});

test("a reply that never comes is an error after ten seconds, one that comes later is nobody's", async (t) => {
  const clock = new Clock(t);
  const { connection: one, peer, frames } = await opened(t);
  const unanswered = assert.rejects(one.ask("listSessions"), OFFLINE);
  const { id } = await peer.got("listSessions");
  await clock.pass(REPLY_MS);
  await unanswered;
  peer.send({ type: "sessions", id, sessions: ["late"] });
  const asked = one.ask("listSessions");
  const next = await peer.got("listSessions");
  peer.send({ type: "sessions", id: next.id, sessions: [] });
  assert.deepEqual(await asked, { type: "sessions", id: next.id, sessions: [] });
  assert.deepEqual(frames, [{ type: "sessions", id, sessions: ["late"] }]);
});

test("nothing can be asked while it is not connected", async (t) => {
  const { connection: one } = await connection(t);
  await assert.rejects(one.ask("listSessions"), OFFLINE);
});

test("it pings every five minutes", async (t) => {
  const clock = new Clock(t);
  const { connection: one, peer } = await opened(t);
  for (const _ of [1, 2, 3]) {
    await clock.pass(PING_MS);
    const { id } = await peer.got("ping");
    peer.send({ type: "pong", id });
  }
  await until(() => clock.delays.includes(PING_MS));
  assert.deepEqual(clock.delays, [PING_MS]);
  assert.equal(one.state, "open");
});

test("a ping without a pong is a break: it comes back", async (t) => {
  const clock = new Clock(t);
  t.mock.method(Math, "random", () => 0.5);
  const { service, connection: one, peer, states, welcomes } = await opened(t);
  await clock.pass(PING_MS);
  await peer.got("ping");
  await clock.pass(REPLY_MS);
  await clock.pass(250);
  await (await service.peer(1)).welcome({ prompts: ["missed"] });
  await until(() => welcomes.length === 2);
  assert.equal(welcomes[1].prompts[0], "missed");
  assert.equal(one.state, "open");
  assert.deepEqual(states, ["connecting", "open", "waiting", "connecting", "open"]);
  await until(() => peer.isClosed);
});

test("a broken socket leaves what was asked without a reply, and it comes back with a new address", async (t) => {
  const clock = new Clock(t);
  t.mock.method(Math, "random", () => 0.5);
  let tickets = 0;
  const { service, connection: one } = await connection(t, async (url) => `${url}${(tickets += 1)}`);
  one.open();
  const first = await service.peer(0);
  await first.welcome();
  await until(() => one.state === "open");
  const unanswered = assert.rejects(one.ask("listSessions"), OFFLINE);
  first.socket.terminate();
  await unanswered;
  assert.equal(one.state, "waiting");
  await clock.pass(250);
  const second = await service.peer(1);
  await second.welcome();
  await until(() => one.state === "open");
  assert.deepEqual([first.url, second.url], ["/?ticket=t1", "/?ticket=t2"]);
});

for (const random of [0.25, 0.5, 0.75]) {
  test(`it comes back after a random part (${random}) of a time that doubles, up to half a minute`, async (t) => {
    const clock = new Clock(t);
    t.mock.method(Math, "random", () => random);
    const { connection: one } = await connection(t, () => Promise.reject(new NodError("offline", 0, "down")));
    one.open();
    for (const longest of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      await until(() => one.state === "waiting");
      assert.deepEqual(clock.delays, [random * longest]);
      await clock.pass(random * longest);
    }
  });
}

test("once it was welcomed again it comes back fast again", async (t) => {
  const clock = new Clock(t);
  t.mock.method(Math, "random", () => 0.5);
  let isDown = true;
  const { service, connection: one } = await connection(t, async (url) => {
    if (isDown) throw new NodError("offline", 0, "down");
    return url;
  });
  one.open();
  await clock.pass(250);
  await clock.pass(500);
  await until(() => clock.delays.includes(1000));
  isDown = false;
  await clock.pass(1000);
  const peer = await service.peer(0);
  await peer.welcome();
  await until(() => one.state === "open");
  peer.socket.terminate();
  await until(() => one.state === "waiting");
  assert.deepEqual(clock.delays, [250]);
});

test("a hello that is refused, or is not answered, is a failure as any other", async (t) => {
  const clock = new Clock(t);
  t.mock.method(Math, "random", () => 0.5);
  const { service, connection: one, welcomes } = await connection(t);
  one.open();
  const first = await service.peer(0);
  const { id } = await first.got("hello");
  first.send({ type: "error", id, code: "slow_down", detail: "slower" });
  await clock.pass(250);
  await (await service.peer(1)).got("hello");
  await clock.pass(REPLY_MS);
  await clock.pass(500);
  await (await service.peer(2)).welcome();
  await until(() => one.state === "open");
  assert.equal(welcomes.length, 1);
});

test("a handshake that nobody answers is a failure, after ten seconds", async (t) => {
  const clock = new Clock(t);
  t.mock.method(Math, "random", () => 0.5);
  const silent = createServer();
  await new Promise((resolve) => silent.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => silent.close());
  const { port } = /** @type {import("node:net").AddressInfo} */ (silent.address());
  let asked = 0;
  const { service, connection: one } = await connection(t, async (url) => (asked++ ? url : `ws://127.0.0.1:${port}/`));
  one.open();
  await clock.pass(REPLY_MS);
  await clock.pass(250);
  await (await service.peer(0)).welcome();
  await until(() => one.state === "open");
});

test("an address that never comes is a failure, after half a minute; one that comes later is not used", async (t) => {
  const clock = new Clock(t);
  t.mock.method(Math, "random", () => 0.5);
  const late = Promise.withResolvers();
  let asked = 0;
  const { service, connection: one } = await connection(t, async (url) => (asked++ ? `${url}2` : /** @type {any} */ (late.promise)));
  one.open();
  await clock.pass(30_000);
  assert.equal(one.state, "waiting");
  late.resolve(service.socketUrl);
  await clock.pass(250);
  await (await service.peer(0)).welcome();
  await until(() => one.state === "open");
  assert.deepEqual(
    service.peers.map(({ url }) => url),
    ["/?ticket=t2"],
  );
});

test("what is no frame is told as one that says nothing, and breaks nothing", async (t) => {
  const { connection: one, peer, frames } = await opened(t);
  for (const text of ["", "{", "null"]) peer.socket.send(text);
  await peer.isHeard();
  await until(() => frames.length === 3);
  assert.equal(frames[0].type, undefined);
  assert.equal(one.state, "open");
});

for (const code of ["signed_out", "invalid_token"]) {
  test(`it ends where its session has ended (${code}), and does not come back`, async (t) => {
    const clock = new Clock(t);
    const { service, connection: one, states } = await connection(t, () => Promise.reject(refusal(code)));
    one.open();
    await until(() => one.state === "ended");
    one.open();
    assert.deepEqual(states, ["connecting", "ended"]);
    assert.deepEqual(clock.delays, []);
    assert.equal(service.peers.length, 0);
  });
}

test("closed it stays closed, whatever was under way", async (t) => {
  const clock = new Clock(t);
  const { connection: one, peer, states } = await opened(t);
  const unanswered = assert.rejects(one.ask("listSessions"), OFFLINE);
  one.close();
  one.close();
  await unanswered;
  await until(() => peer.isClosed);
  assert.deepEqual(clock.delays, []);
  assert.deepEqual(states, ["connecting", "open", "closed"]);
});

test("closed while it waits it does not come back", async (t) => {
  const clock = new Clock(t);
  const { connection: one } = await connection(t, () => Promise.reject(new NodError("offline", 0, "down")));
  one.open();
  await until(() => one.state === "waiting");
  one.close();
  assert.deepEqual(clock.delays, []);
  assert.equal(one.state, "closed");
});

test("closed before it had its address it does not connect, and stays closed where none is to be had", async (t) => {
  const tickets = [Promise.withResolvers(), Promise.withResolvers()];
  let asked = 0;
  const { service, connection: one } = await connection(t, (url) => /** @type {any} */ (tickets[asked++]?.promise) ?? url);
  one.open();
  one.close();
  tickets[0]?.resolve(service.socketUrl);
  one.open();
  one.close();
  tickets[1]?.reject(refusal("signed_out"));
  await service.http.request("GET", "/").catch(() => {});
  assert.equal(service.peers.length, 0);
  assert.equal(one.state, "closed");
});

test("closed and opened again at once it has one connection", async (t) => {
  const ticket = Promise.withResolvers();
  let asked = 0;
  const { service, connection: one } = await connection(t, async (url) => {
    asked += 1;
    if (asked === 1) await ticket.promise;
    return `${url}${asked}`;
  });
  one.open();
  one.close();
  one.open();
  ticket.resolve(undefined);
  await (await service.peer(0)).welcome();
  await until(() => one.state === "open");
  assert.deepEqual(
    service.peers.map(({ url }) => url),
    ["/?ticket=t2"],
  );
});

test("back online it connects at once, and only once", async (t) => {
  const clock = new Clock(t);
  t.mock.method(Math, "random", () => 0.5);
  const window = openWindow(t);
  let isDown = true;
  const { service, connection: one, states } = await connection(t, async (url) => {
    if (isDown) throw new NodError("offline", 0, "down");
    return url;
  });
  one.open();
  await until(() => clock.delays.includes(250));
  isDown = false;
  window.dispatchEvent(new Event("online"));
  const peer = await service.peer(0);
  clock.tick(250);
  await peer.welcome();
  await until(() => one.state === "open");
  assert.deepEqual(states, ["connecting", "waiting", "connecting", "open"]);
  assert.equal(service.peers.length, 1);
  window.dispatchEvent(new Event("online"));
  await peer.got("ping");
});

test("where the browser says that the network is gone, it looks at once", async (t) => {
  const clock = new Clock(t);
  t.mock.method(Math, "random", () => 0.5);
  const window = openWindow(t);
  const { connection: one, peer } = await opened(t);
  window.dispatchEvent(new Event("offline"));
  await peer.got("ping");
  await clock.pass(REPLY_MS);
  await until(() => one.state === "waiting");
});

test("closed it does not care for the network", async (t) => {
  const window = openWindow(t);
  const { service, connection: one, peer } = await opened(t);
  one.close();
  await until(() => peer.isClosed);
  assert.equal(getEventListeners(window, "online").length, 0);
  window.dispatchEvent(new Event("online"));
  await service.http.request("GET", "/").catch(() => {});
  assert.equal(service.peers.length, 1);
  assert.equal(one.state, "closed");
});
