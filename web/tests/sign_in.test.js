/** A sign-in from the side of the device that asks. */

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { NodError, challengeOf, resumeSignIn, startApproval, startPhone, startQr } from "../nod/index.js";
import { Service } from "./service.js";
import { Clock, until } from "./until.js";

/**
 * @import { TestContext } from "node:test"
 * @import { Device, Started } from "../nod/sign_in.js"
 */

const ID = "0123456789ABCDEFGHJKMNPQRS";
const REDEEM = `POST /sign-ins/${ID}/redeem`;
const PENDING = { status: 202, body: { status: "pending", interval: 5 } };
const GRANT = { account_id: "a", session_id: "s", access_token: "t", expires_in: 900, refresh_token: "r" };
/** @type {Device} */
const DEVICE = { type: "phone", name: "My phone", id: "D".repeat(26), app: "Nod" };

/**
 * A sign-in that was started, and the service that knows it. The waiter's address is the service's own, or leads nowhere.
 *
 * @param {TestContext} t
 * @param {{ socket?: boolean, expires_in?: number }} [options]
 */
async function started(t, { socket = false, expires_in = 120 } = {}) {
  const service = await Service.start(t);
  /** @type {Started} */
  const body = {
    sign_in_id: ID,
    method: "approval",
    expires_in,
    interval: 5,
    waiter: { url: socket ? service.socketUrl : await nowhere(t) },
    verification: { mode: "choose", code: "42" },
  };
  service.on("POST /sign-ins", { status: 201, body });
  const signIn = await startApproval(service.http, { login: "alice", device: DEVICE });
  return { service, signIn };
}

/**
 * A WebSocket address where nobody listens.
 *
 * @param {TestContext} t
 */
async function nowhere(t) {
  const service = await Service.start(t);
  const { socketUrl } = service;
  service.stop();
  return socketUrl;
}

/**
 * Wait until it was tried to redeem so many times.
 *
 * @param {Service} service
 * @param {number} times
 */
async function redeemed(service, times) {
  await until(() => service.sentTo(REDEEM).length >= times);
  assert.equal(service.sentTo(REDEEM).length, times);
}

/** @type {[string, (http: import("../nod/index.js").Http) => Promise<import("../nod/index.js").SignIn>, object][]} */
const STARTS = [
  [
    "approval",
    (http) => startApproval(http, { login: "alice", device: DEVICE, verification: "choose", message: "It is me" }),
    { method: "approval", login: "alice", device: DEVICE, verification: "choose", message: "It is me" },
  ],
  ["qr", (http) => startQr(http, { login: "device:x", device: DEVICE }), { method: "qr", login: "device:x", device: DEVICE }],
  ["phone", (http) => startPhone(http, { device: DEVICE }), { method: "phone", device: DEVICE }],
];

for (const [method, start, fields] of STARTS) {
  test(`a start by ${method} sends what was asked and a challenge, and keeps the verifier back`, async (t) => {
    const service = await Service.start(t);
    service.on("POST /sign-ins", { status: 201, body: { sign_in_id: ID, expires_in: 120, waiter: { url: service.socketUrl } } });
    const signIn = await start(service.http);
    const { challenge, identifier, ...rest } = service.asked[0]?.body;
    assert.deepEqual(rest, fields);
    assert.equal(challenge, await challengeOf(signIn.verifier));
    assert.equal(JSON.stringify(service.asked).includes(signIn.verifier), false);
    if (method === "phone") assert.match(identifier, /^[0-9A-HJKMNP-TV-Z]{26}$/);
    else assert.equal(identifier, undefined);
    assert.equal(signIn.started.sign_in_id, ID);
  });
}

test("a start that is refused is no sign-in", async (t) => {
  const service = await Service.start(t);
  service.on("POST /sign-ins", { status: 409, body: { code: "no_approver_online", detail: "nobody" } });
  await assert.rejects(startApproval(service.http, { login: "alice", device: DEVICE }), { code: "no_approver_online" });
});

test("without a connection it polls as often as the service allows, and proves itself with the verifier", async (t) => {
  const clock = new Clock(t);
  const { service, signIn } = await started(t);
  service.on(REDEEM, PENDING, { status: 202, body: { status: "pending", interval: 7 } }, { body: GRANT });
  const grant = signIn.wait();
  await clock.pass(5000);
  await clock.pass(5000);
  await clock.pass(7000);
  assert.deepEqual(await grant, GRANT);
  assert.deepEqual(
    service.sentTo(REDEEM).map(({ body }) => body),
    Array(3).fill({ verifier: signIn.verifier }),
  );
  assert.equal(Date.now(), Date.parse("2026-11-24T12:00:17Z"));
});

test("it does not poll before its time", async (t) => {
  const clock = new Clock(t);
  const { service, signIn } = await started(t);
  service.on(REDEEM, { body: GRANT });
  const grant = signIn.wait();
  await until(() => clock.delays.includes(5000));
  clock.tick(4999);
  await service.http.request("GET", "/").catch(() => {});
  await redeemed(service, 0);
  clock.tick(1);
  await grant;
  await redeemed(service, 1);
});

test("told on its connection it redeems at once, and has asked nothing before: no time passes", async (t) => {
  new Clock(t);
  const { service, signIn } = await started(t, { socket: true });
  service.on(REDEEM, { body: GRANT });
  const grant = signIn.wait();
  const peer = await service.peer(0);
  await peer.welcome({ status: "pending" });
  await peer.isHeard();
  await redeemed(service, 0);
  peer.send({ type: "signInResolved", sign_in_id: ID, status: "allowed" });
  assert.deepEqual(await grant, GRANT);
  await redeemed(service, 1);
  await until(() => peer.isClosed);
});

for (const status of ["allowed", "denied", "cancelled", "expired", "redeemed"]) {
  test(`what was decided before its connection was open (${status}) is told by the welcome`, async (t) => {
    new Clock(t);
    const { service, signIn } = await started(t, { socket: true });
    service.on(REDEEM, { body: GRANT });
    const grant = signIn.wait();
    await (await service.peer(0)).welcome({ status });
    assert.deepEqual(await grant, GRANT);
  });
}

test("what was told while it was asking is not lost", async (t) => {
  const clock = new Clock(t);
  const { service, signIn } = await started(t, { socket: true });
  const during = async () => {
    const peer = await service.peer(0);
    peer.send({ type: "signInResolved", sign_in_id: ID, status: "allowed" });
    await peer.isHeard();
    return PENDING;
  };
  service.on(REDEEM, during, { body: GRANT });
  const grant = signIn.wait();
  await (await service.peer(0)).got("hello");
  await clock.pass(30_000);
  assert.deepEqual(await grant, GRANT);
});

for (const status of ["started", "pending", undefined]) {
  test(`that it still waits (${status}) is no reason to redeem, nor are other frames`, async (t) => {
    const clock = new Clock(t);
    const { service, signIn } = await started(t, { socket: true });
    service.on(REDEEM, { body: GRANT });
    const grant = signIn.wait();
    const peer = await service.peer(0);
    await peer.welcome({ status });
    peer.send({ message: "Internal server error" });
    await peer.isHeard();
    await until(() => clock.delays.includes(30_000));
    await redeemed(service, 0);
    await clock.pass(30_000);
    await grant;
    await redeemed(service, 1);
  });
}

test("told once it redeems once, and waits again where that was no news", async (t) => {
  const clock = new Clock(t);
  const { service, signIn } = await started(t, { socket: true });
  service.on(REDEEM, PENDING, { body: GRANT });
  const grant = signIn.wait();
  const peer = await service.peer(0);
  await peer.got("hello");
  peer.send({ type: "signInResolved", sign_in_id: ID, status: "allowed" });
  await until(() => service.sentTo(REDEEM).length === 1 && clock.delays.includes(30_000));
  await clock.pass(30_000);
  await grant;
  await redeemed(service, 2);
});

test("with its connection open it asks every 30 seconds, and as often as allowed once that breaks", async (t) => {
  const clock = new Clock(t);
  const { service, signIn } = await started(t, { socket: true });
  service.on(REDEEM, PENDING, { body: GRANT });
  const grant = signIn.wait();
  const peer = await service.peer(0);
  await peer.got("hello");
  await clock.pass(30_000);
  await redeemed(service, 1);
  await until(() => clock.delays.includes(30_000));
  peer.socket.terminate();
  await clock.pass(5000);
  await grant;
  await redeemed(service, 2);
});

test("it asks the moment its time runs out, and where the service's clock is late, until that says so too", async (t) => {
  const clock = new Clock(t);
  const { service, signIn } = await started(t, { socket: true, expires_in: 40 });
  service.on(REDEEM, PENDING, PENDING, { status: 410, body: { code: "expired", detail: "over" } });
  const over = assert.rejects(signIn.wait(), { code: "expired" });
  await (await service.peer(0)).got("hello");
  await clock.pass(30_000);
  await clock.pass(10_000);
  await clock.pass(5000);
  await over;
  await redeemed(service, 3);
});

test("it is not asked about its end sooner than the service allows", async (t) => {
  const clock = new Clock(t);
  const { service, signIn } = await started(t, { socket: true, expires_in: 32 });
  service.on(REDEEM, PENDING, { body: GRANT });
  const grant = signIn.wait();
  await (await service.peer(0)).got("hello");
  await clock.pass(30_000);
  await clock.pass(5000);
  await grant;
});

/** @type {[string, import("./service.js").Answer, number][]} */
const HOLD_UPS = [
  [
    "slow_down: it leaves the time that it is told to, and one second",
    { status: 429, headers: { "retry-after": "10" }, body: { code: "slow_down", detail: "slower" } },
    11_000,
  ],
  ["slow_down without a time: one second more", { status: 429, body: { code: "slow_down", detail: "slower" } }, 6000],
  ["a service in trouble: twice as long", { status: 503, body: { message: "Service Unavailable" } }, 10_000],
  ["a network that breaks: twice as long", { breaks: true }, 10_000],
];

for (const [what, answer, delay] of HOLD_UPS) {
  test(`it waits on through ${what}`, async (t) => {
    const clock = new Clock(t);
    const { service, signIn } = await started(t);
    service.on(REDEEM, answer, { body: GRANT });
    const grant = signIn.wait();
    await clock.pass(5000);
    await clock.pass(delay);
    assert.deepEqual(await grant, GRANT);
    await redeemed(service, 2);
  });
}

test("while the service is in trouble the pauses double, up to a minute, until it could not be collected any more", async (t) => {
  const clock = new Clock(t);
  const { service, signIn } = await started(t, { expires_in: 100 });
  service.on(REDEEM, { status: 503 });
  const over = assert.rejects(signIn.wait(), { code: "expired" });
  await clock.pass(5000);
  for (const delay of [10_000, 20_000, 40_000, 60_000]) {
    assert.equal(signIn.isOver, false);
    await clock.pass(delay);
  }
  await clock.pass(60_000);
  await over;
  assert.equal(signIn.isOver, true);
  await redeemed(service, 6);
});

test("it redeems with one key, also after the page was left: an answer that was lost is given again", async (t) => {
  const clock = new Clock(t);
  const { service, signIn } = await started(t);
  service.on(REDEEM, { breaks: true }, { body: GRANT });
  const grant = signIn.wait();
  await clock.pass(5000);
  await clock.pass(10_000);
  await grant;
  await resumeSignIn(service.http, JSON.parse(JSON.stringify(signIn.saved))).wait();
  const keys = service.sentTo(REDEEM).map(({ headers }) => headers["idempotency-key"]);
  assert.equal(keys.length, 3);
  assert.match(String(keys[0]), /^[\w-]{43}$/);
  assert.deepEqual(new Set(keys), new Set([signIn.key]));
  assert.notEqual(signIn.key, signIn.verifier);
});

test("what is no frame is no news", async (t) => {
  new Clock(t);
  const { service, signIn } = await started(t, { socket: true });
  service.on(REDEEM, { body: GRANT });
  const grant = signIn.wait();
  const peer = await service.peer(0);
  await peer.got("hello");
  for (const text of ["", "{", "null", "7"]) peer.socket.send(text);
  await peer.isHeard();
  await redeemed(service, 0);
  peer.send({ type: "signInResolved", sign_in_id: ID, status: "allowed" });
  await grant;
});

/** @type {[string, number][]} */
const ENDINGS = [
  ["denied", 403],
  ["expired", 410],
  ["cancelled", 410],
  ["already_redeemed", 409],
  ["unknown_sign_in", 404],
];

for (const [code, status] of ENDINGS) {
  test(`it ends as ${code}, and its connection closes`, async (t) => {
    const { service, signIn } = await started(t, { socket: true });
    service.on(REDEEM, { status, body: { code, detail: "over" } });
    const over = assert.rejects(
      signIn.wait(),
      (error) => error instanceof NodError && error.code === code && error.status === status,
    );
    const peer = await service.peer(0);
    await peer.welcome({ status: "denied" });
    await over;
    await until(() => peer.isClosed);
    await redeemed(service, 1);
  });
}

test("waiting stops when it is told to, and its connection closes", async (t) => {
  const clock = new Clock(t);
  const { service, signIn } = await started(t, { socket: true });
  const waiting = new AbortController();
  const grant = signIn.wait(waiting.signal);
  const peer = await service.peer(0);
  await peer.got("hello");
  await until(() => clock.delays.includes(30_000));
  waiting.abort();
  await assert.rejects(grant, { name: "AbortError" });
  await until(() => peer.isClosed);
  await redeemed(service, 0);
  assert.equal(getEventListeners(waiting.signal, "abort").length, 0);
  assert.equal(clock.delays.includes(30_000), false);
});

test("stopped before it began it asks nothing", async (t) => {
  const { service, signIn } = await started(t);
  await assert.rejects(signIn.wait(AbortSignal.abort()), { name: "AbortError" });
  assert.equal(service.sentTo(REDEEM).length, 0);
});

test("however long it waits, it listens to its signal once", async (t) => {
  const clock = new Clock(t);
  const { service, signIn } = await started(t);
  service.on(REDEEM, PENDING, PENDING, { body: GRANT });
  const waiting = new AbortController();
  const grant = signIn.wait(waiting.signal);
  for (const _ of [1, 2, 3]) {
    await until(() => clock.delays.includes(5000));
    assert.equal(getEventListeners(waiting.signal, "abort").length, 1);
    await clock.pass(5000);
  }
  await grant;
});

test("what was saved goes on after the page was left: it asks at once, with the same verifier and no used address", async (t) => {
  new Clock(t);
  const { service, signIn } = await started(t, { socket: true });
  service.on(REDEEM, { body: GRANT });
  const resumed = resumeSignIn(service.http, JSON.parse(JSON.stringify(signIn.saved)));
  assert.deepEqual(resumed.started, signIn.started);
  assert.equal(resumed.login, "alice");
  assert.equal(resumed.timeLeft, 120_000);
  assert.deepEqual(await resumed.wait(), GRANT);
  assert.deepEqual(service.sentTo(REDEEM)[0]?.body, { verifier: signIn.verifier });
  assert.equal(service.peers.length, 0);
});

test("waited for a second time it does without the connection, whose address works once", async (t) => {
  new Clock(t);
  const { service, signIn } = await started(t, { socket: true });
  service.on(REDEEM, { body: GRANT });
  const waiting = new AbortController();
  const stopped = assert.rejects(signIn.wait(waiting.signal), { name: "AbortError" });
  await (await service.peer(0)).got("hello");
  waiting.abort();
  await stopped;
  assert.deepEqual(await signIn.wait(), GRANT);
  assert.equal(service.peers.length, 1);
});

test("the time that is left ends at 0", async (t) => {
  const clock = new Clock(t);
  const { signIn } = await started(t);
  assert.equal(signIn.timeLeft, 120_000);
  clock.tick(119_000);
  assert.equal(signIn.timeLeft, 1000);
  clock.tick(2000);
  assert.equal(signIn.timeLeft, 0);
});

test("a scan sends the token with login and verifier, and shows what is to be picked from then on", async (t) => {
  const { service, signIn } = await started(t);
  const route = `POST /sign-ins/${ID}/scan`;
  const verification = { mode: "choose", code: "17" };
  service.on(route, { body: { status: "pending", verification } });
  assert.deepEqual(await signIn.scan("token"), { status: "pending", verification });
  assert.deepEqual(service.sentTo(route)[0]?.body, { scan_token: "token", login: "alice", verifier: signIn.verifier });
  assert.deepEqual(signIn.started.verification, verification);
  assert.deepEqual(signIn.saved.started.verification, verification);
});

test("a scan of the wrong code changes nothing", async (t) => {
  const { service, signIn } = await started(t);
  const before = signIn.saved;
  service.on(`POST /sign-ins/${ID}/scan`, { status: 403, body: { code: "wrong_scan", detail: "too old" } });
  await assert.rejects(signIn.scan("token"), { code: "wrong_scan" });
  assert.deepEqual(signIn.saved, before);
});

test("an echo sends the code back", async (t) => {
  const { service, signIn } = await started(t);
  const route = `POST /sign-ins/${ID}/confirm`;
  service.on(route, { status: 204 });
  await signIn.confirm("123456");
  assert.deepEqual(service.sentTo(route)[0]?.body, { code: "123456" });
});

test("giving up shows the verifier", async (t) => {
  const { service, signIn } = await started(t);
  const route = `DELETE /sign-ins/${ID}`;
  service.on(route, { status: 204 });
  await signIn.cancel();
  assert.equal(service.sentTo(route)[0]?.headers.authorization, `Bearer ${signIn.verifier}`);
});

test("what is over needs no giving up; a service that did not hear of it is told about", async (t) => {
  const { service, signIn } = await started(t);
  const route = `DELETE /sign-ins/${ID}`;
  service.on(route, { status: 410, body: { code: "expired", detail: "over" } });
  await signIn.cancel();
  service.on(route, { status: 503 });
  await assert.rejects(signIn.cancel(), { status: 503 });
  service.on(route, { breaks: true });
  await assert.rejects(signIn.cancel(), { code: "offline" });
});
