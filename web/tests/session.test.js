/** A signed-in device: its tokens, its tabs, and its calls. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStorage, Session } from "../nod/index.js";
import { Service } from "./service.js";
import { Clock, until } from "./until.js";
import { Tabs } from "./window.js";

/** @import { TestContext } from "node:test" */

const REFRESH = "POST /sessions/refresh";
const REFUSED = { status: 401, body: { code: "invalid_token", detail: "The token is expired" } };

/**
 * @param {string} tokens marks its tokens
 * @param {{ session?: string, expires_in?: number }} [options]
 */
function grant(tokens, { session = "s", expires_in = 900 } = {}) {
  return { account_id: "a", session_id: session, access_token: `access ${tokens}`, refresh_token: `refresh ${tokens}`, expires_in };
}

/**
 * A service that takes only some access tokens, and two tabs of one browser.
 *
 * @param {TestContext} t
 * @param {...string} good
 */
async function tabs(t, ...good) {
  const clock = new Clock(t);
  const service = await Service.start(t);
  const storage = new Tabs();
  const [one, two] = [await Session.open(service.http, storage), await Session.open(service.http, storage)];
  t.after(() => [one, two].forEach((tab) => tab.close()));
  let changes = 0;
  one.addEventListener("change", () => (changes += 1));
  service.on("GET /thing", ({ headers }) => {
    const isGood = good.some((tokens) => headers.authorization === `Bearer access ${tokens}`);
    return isGood ? { body: { thing: 1 } } : REFUSED;
  });
  return { clock, service, storage, one, two, changes: () => changes };
}

test("a device that never signed in has nothing, and cannot call", async (t) => {
  const { service, one, storage } = await tabs(t);
  assert.equal(storage.kept, null);
  assert.equal(one.id, null);
  await assert.rejects(one.call("GET", "/thing"), { name: "NodError", code: "signed_out", status: 401 });
  assert.deepEqual(service.asked, []);
});

test("what was granted is kept for all tabs, with the time at which it expires", async (t) => {
  const { one, two, storage } = await tabs(t);
  await one.keep(grant("1"));
  await until(() => two.id === "s");
  assert.deepEqual(storage.kept, {
    account_id: "a",
    session_id: "s",
    access_token: "access 1",
    refresh_token: "refresh 1",
    expires_at: Date.now() + 900_000,
  });
});

test("a change is told when the session is another one, and only then", async (t) => {
  const { one, changes, storage } = await tabs(t);
  await one.forget();
  assert.equal(changes(), 0);
  await one.keep(grant("1"));
  assert.equal(changes(), 1);
  await one.keep(grant("2"));
  assert.equal(changes(), 1);
  await one.keep(grant("3", { session: "other" }));
  assert.equal(changes(), 2);
  await one.forget();
  assert.equal(changes(), 3);
  assert.equal(storage.kept, null);
});

test("what another tab does is told, a mere refresh is not", async (t) => {
  const { clock, service, one, two, changes } = await tabs(t, "1", "2");
  service.on(REFRESH, { body: grant("2") });
  await two.keep(grant("1"));
  await until(() => changes() === 1);
  assert.equal(one.id, "s");
  clock.tick(900_000);
  await two.call("GET", "/thing");
  await two.keep(grant("3", { session: "other" }));
  await until(() => one.id === "other");
  assert.equal(changes(), 2);
  await two.forget();
  await until(() => one.id === null);
  assert.equal(changes(), 3);
});

test("a tab that has not heard of another's refresh finds its token under the lock", async (t) => {
  const { clock, service, storage, one, two } = await tabs(t, "2");
  await one.keep(grant("1"));
  await until(() => two.id === "s");
  clock.tick(900_000);
  storage.kept = { account_id: "a", session_id: "s", access_token: "access 2", refresh_token: "refresh 2", expires_at: Date.now() + 900_000 };
  assert.deepEqual(await two.call("GET", "/thing"), { thing: 1 });
  assert.equal(service.sentTo(REFRESH).length, 0);
});

test("what another tab has signed in to meanwhile is not forgotten", async (t) => {
  const { storage, one } = await tabs(t);
  await one.keep(grant("1"));
  storage.kept = { account_id: "a", session_id: "newer", access_token: "x", refresh_token: "y", expires_at: 0 };
  await one.forget();
  assert.equal(one.id, "newer");
  assert.equal(storage.kept.session_id, "newer");
});

test("a call carries the access token and brings the answer's body", async (t) => {
  const { service, one } = await tabs(t, "1");
  service.on("PUT /thing", { body: { ok: true } });
  await one.keep(grant("1"));
  assert.deepEqual(await one.call("PUT", "/thing", { a: 1 }), { ok: true });
  const [asked] = service.asked;
  assert.equal(asked?.headers.authorization, "Bearer access 1");
  assert.deepEqual(asked?.body, { a: 1 });
});

test("an access token is used until half a minute before it expires, then refreshed first", async (t) => {
  const { clock, service, one, changes, storage } = await tabs(t, "1", "2");
  service.on(REFRESH, { body: grant("2") });
  await one.keep(grant("1"));
  clock.tick(869_999);
  await one.call("GET", "/thing");
  assert.equal(service.sentTo(REFRESH).length, 0);
  clock.tick(1);
  await one.call("GET", "/thing");
  assert.deepEqual(
    service.asked.map(({ route, headers, body }) => [route, headers.authorization ?? body]),
    [
      ["GET /thing", "Bearer access 1"],
      [REFRESH, { refresh_token: "refresh 1" }],
      ["GET /thing", "Bearer access 2"],
    ],
  );
  assert.equal(storage.kept?.refresh_token, "refresh 2");
  assert.equal(storage.kept?.expires_at, Date.now() + 900_000);
  assert.equal(changes(), 1);
});

test("many calls in two tabs refresh once: a refresh token works once", async (t) => {
  const { clock, service, one, two, storage } = await tabs(t, "2");
  service.on(REFRESH, { body: grant("2") }, REFUSED);
  await one.keep(grant("1"));
  await until(() => two.id === "s");
  clock.tick(900_000);
  const answers = await Promise.all([one, two, one, two, one, two].map((tab) => tab.call("GET", "/thing")));
  assert.deepEqual(answers, Array(6).fill({ thing: 1 }));
  assert.equal(service.sentTo(REFRESH).length, 1);
  assert.equal(service.sentTo("GET /thing").length, 6);
  assert.equal(storage.kept?.refresh_token, "refresh 2");
});

test("many calls whose token is refused refresh once, and are made again", async (t) => {
  const { service, one, two } = await tabs(t, "2");
  service.on(REFRESH, { body: grant("2") }, REFUSED);
  await one.keep(grant("1"));
  await until(() => two.id === "s");
  const answers = await Promise.all([one, two, one, two].map((tab) => tab.call("GET", "/thing")));
  assert.deepEqual(answers, Array(4).fill({ thing: 1 }));
  assert.equal(service.sentTo(REFRESH).length, 1);
});

test("a tab whose token is refused takes the one that another tab has got", async (t) => {
  const { service, one, two } = await tabs(t);
  service.on("GET /thing", async () => {
    await two.keep(grant("2"));
    service.on("GET /thing", { body: { thing: 2 } });
    return REFUSED;
  });
  await one.keep(grant("1"));
  assert.deepEqual(await one.call("GET", "/thing"), { thing: 2 });
  assert.equal(service.sentTo(REFRESH).length, 0);
  assert.equal(service.sentTo("GET /thing")[1]?.headers.authorization, "Bearer access 2");
});

test("a session that has ended is signed out, and forgotten in all tabs", async (t) => {
  const { service, one, two, changes } = await tabs(t);
  service.on(REFRESH, REFUSED);
  await one.keep(grant("1"));
  await until(() => two.id === "s");
  await assert.rejects(one.call("GET", "/thing"), { name: "NodError", code: "signed_out" });
  assert.equal(one.id, null);
  await until(() => two.id === null);
  assert.equal(changes(), 2);
  await assert.rejects(two.call("GET", "/thing"), { code: "signed_out" });
  assert.equal(service.sentTo(REFRESH).length, 1);
});

test("a session that cannot be refreshed just now is kept", async (t) => {
  const { service, one, changes } = await tabs(t);
  await one.keep(grant("1"));
  service.on(REFRESH, { breaks: true });
  await assert.rejects(one.call("GET", "/thing"), { code: "offline" });
  service.on(REFRESH, { status: 503 });
  await assert.rejects(one.call("GET", "/thing"), { status: 503 });
  assert.equal(one.id, "s");
  assert.equal(changes(), 1);
});

test("a refresh whose answer was lost is repeated with its key, by any tab; the next one has another", async (t) => {
  const { clock, service, storage, one, two } = await tabs(t, "2", "3");
  await one.keep(grant("1"));
  await until(() => two.id === "s");
  clock.tick(900_000);
  service.on(REFRESH, { breaks: true }, { body: grant("2") }, { body: grant("3") });
  await assert.rejects(one.call("GET", "/thing"), { code: "offline" });
  assert.equal(storage.kept?.renewal, service.sentTo(REFRESH)[0]?.headers["idempotency-key"]);
  await two.call("GET", "/thing");
  assert.equal(storage.kept?.renewal, undefined);
  clock.tick(900_000);
  await one.call("GET", "/thing");
  const [lost, again, next] = service.sentTo(REFRESH).map(({ headers }) => headers["idempotency-key"]);
  assert.match(String(lost), /^[\w-]{43}$/);
  assert.equal(again, lost);
  assert.notEqual(next, lost);
});

test("a browser that signs in anew ends the session that it had", async (t) => {
  const { service, one } = await tabs(t);
  service.on("DELETE /sessions/current", { status: 204 });
  await one.keep(grant("1"));
  await one.keep(grant("2"));
  await one.keep(grant("3", { session: "other" }));
  const [ended] = await until(() => service.asked.length > 0 && service.asked);
  assert.equal(ended?.route, "DELETE /sessions/current");
  assert.equal(ended?.headers.authorization, "Bearer access 2");
});

test("a tab that has slept learns what it has missed", async (t) => {
  const { one, storage, changes } = await tabs(t);
  storage.kept = { account_id: "a", session_id: "s", access_token: "x", refresh_token: "y", expires_at: 0 };
  assert.equal(one.id, null);
  await one.sync();
  assert.equal(one.id, "s");
  assert.equal(changes(), 1);
});

test("where nothing can be kept, memory does for one tab", async (t) => {
  const service = await Service.start(t);
  const storage = new MemoryStorage();
  const session = await Session.open(service.http, storage);
  t.after(() => session.close());
  await session.keep(grant("1"));
  assert.equal(session.id, "s");
  assert.equal((await storage.replace("other", null))?.session_id, "s");
  await session.forget();
  assert.equal(await storage.read(), null);
});

test("another refusal is no reason to refresh", async (t) => {
  const { service, one } = await tabs(t);
  service.on("GET /thing", { status: 403, body: { code: "forbidden", detail: "not from here" } });
  await one.keep(grant("1"));
  await assert.rejects(one.call("GET", "/thing"), { code: "forbidden" });
  assert.equal(service.asked.length, 1);
  assert.equal(one.id, "s");
});

test("a refresh that comes too late does not undo that the device signed out, or in as somebody else", async (t) => {
  const { clock, service, one, two } = await tabs(t);
  for (const later of [null, grant("3", { session: "other" })]) {
    await one.keep(grant("1"));
    clock.tick(900_000);
    service.on(REFRESH, async () => {
      if (later) await two.keep(later);
      else await two.forget();
      return { body: grant("2") };
    });
    await assert.rejects(one.call("GET", "/thing"), { code: "signed_out" });
    assert.equal(one.id, later?.session_id ?? null);
  }
  await one.keep(grant("1"));
  clock.tick(900_000);
  service.on(REFRESH, async () => {
    await two.keep(grant("3", { session: "other" }));
    return REFUSED;
  });
  await assert.rejects(one.call("GET", "/thing"), { code: "signed_out" });
  assert.equal(one.id, "other");
});

test("signing out ends the session and forgets it", async (t) => {
  const { service, one, changes } = await tabs(t, "1");
  service.on("DELETE /sessions/current", { status: 204 });
  await one.keep(grant("1"));
  await one.signOut();
  assert.equal(service.asked[0]?.headers.authorization, "Bearer access 1");
  assert.equal(one.id, null);
  assert.equal(changes(), 2);
});

for (const answer of [REFUSED, { status: 503 }, { breaks: true }]) {
  test(`signing out forgets the session even where the service says ${JSON.stringify(answer)}`, async (t) => {
    const { service, one } = await tabs(t);
    service.on("DELETE /sessions/current", answer);
    service.on(REFRESH, REFUSED);
    await one.keep(grant("1"));
    await one.signOut();
    assert.equal(one.id, null);
  });
}

test("a ticket is asked for by its purpose", async (t) => {
  const { service, one } = await tabs(t, "1");
  service.on("POST /tickets", { body: { url: "wss://ws.example.com/live?ticket=t" } });
  await one.keep(grant("1"));
  assert.equal(await one.ticket("hand_over"), "wss://ws.example.com/live?ticket=t");
  assert.deepEqual(service.sentTo("POST /tickets")[0]?.body, { purpose: "hand_over" });
});

test("the lock of a refresh is free again after a failure", async (t) => {
  const { service, one, two } = await tabs(t, "2");
  await one.keep(grant("1"));
  service.on(REFRESH, { breaks: true }, { body: grant("2") });
  await assert.rejects(one.call("GET", "/thing"), { code: "offline" });
  assert.deepEqual(await two.call("GET", "/thing"), { thing: 1 });
});
