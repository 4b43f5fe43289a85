/** A signed-in device: its tokens, its tabs, and its calls. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../nod/index.js";
import { Service } from "./service.js";
import { Clock } from "./until.js";
import { Tabs, openWindow } from "./window.js";

/** @import { TestContext } from "node:test" */

const KEY = "nod.session";
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
  const [one, two] = [new Session(service.http, storage), new Session(service.http, storage)];
  let changes = 0;
  one.addEventListener("change", () => (changes += 1));
  service.on("GET /thing", ({ headers }) => {
    const isGood = good.some((tokens) => headers.authorization === `Bearer access ${tokens}`);
    return isGood ? { body: { thing: 1 } } : REFUSED;
  });
  return { clock, service, storage, one, two, changes: () => changes };
}

test("a device that never signed in has nothing, and cannot call", async (t) => {
  const { service, one } = await tabs(t);
  assert.equal(one.kept, null);
  assert.equal(one.id, null);
  await assert.rejects(one.call("GET", "/thing"), { name: "NodError", code: "signed_out", status: 401 });
  assert.deepEqual(service.asked, []);
});

test("what was granted is kept for all tabs, with the time at which it expires", async (t) => {
  const { one, two } = await tabs(t);
  one.keep(grant("1"));
  assert.equal(two.id, "s");
  assert.deepEqual(two.kept, {
    account_id: "a",
    session_id: "s",
    access_token: "access 1",
    refresh_token: "refresh 1",
    expires_at: Date.now() + 900_000,
  });
});

test("a change is told when the session is another one, and only then", async (t) => {
  const { one, changes } = await tabs(t);
  one.forget();
  assert.equal(changes(), 0);
  one.keep(grant("1"));
  assert.equal(changes(), 1);
  one.keep(grant("2"));
  assert.equal(changes(), 1);
  one.keep(grant("3", { session: "other" }));
  assert.equal(changes(), 2);
  one.forget();
  assert.equal(changes(), 3);
  assert.equal(one.kept, null);
});

test("what another tab does is told, a mere refresh is not", async (t) => {
  const window = openWindow(t);
  const { one, changes } = await tabs(t);
  const [before, refreshed] = [JSON.stringify(grant("1")), JSON.stringify(grant("2"))];
  /**
   * @param {string} key
   * @param {string | null} oldValue
   * @param {string | null} newValue
   */
  const stored = (key, oldValue, newValue) => {
    window.dispatchEvent(Object.assign(new Event("storage"), { key, oldValue, newValue }));
    return changes();
  };
  assert.equal(one.id, null);
  assert.equal(stored(KEY, null, before), 1);
  assert.equal(stored(KEY, before, refreshed), 1);
  assert.equal(stored("nod.language", null, "en"), 1);
  assert.equal(stored(KEY, refreshed, null), 2);
});

test("a call carries the access token and brings the answer's body", async (t) => {
  const { service, one } = await tabs(t, "1");
  service.on("PUT /thing", { body: { ok: true } });
  one.keep(grant("1"));
  assert.deepEqual(await one.call("PUT", "/thing", { a: 1 }), { ok: true });
  const [asked] = service.asked;
  assert.equal(asked?.headers.authorization, "Bearer access 1");
  assert.deepEqual(asked?.body, { a: 1 });
});

test("an access token is used until half a minute before it expires, then refreshed first", async (t) => {
  const { clock, service, one, changes } = await tabs(t, "1", "2");
  service.on(REFRESH, { body: grant("2") });
  one.keep(grant("1"));
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
  assert.equal(one.kept?.refresh_token, "refresh 2");
  assert.equal(one.kept?.expires_at, Date.now() + 900_000);
  assert.equal(changes(), 1);
});

test("many calls in two tabs refresh once: a refresh token works once", async (t) => {
  const { clock, service, one, two } = await tabs(t, "2");
  service.on(REFRESH, { body: grant("2") }, REFUSED);
  one.keep(grant("1"));
  clock.tick(900_000);
  const answers = await Promise.all([one, two, one, two, one, two].map((tab) => tab.call("GET", "/thing")));
  assert.deepEqual(answers, Array(6).fill({ thing: 1 }));
  assert.equal(service.sentTo(REFRESH).length, 1);
  assert.equal(service.sentTo("GET /thing").length, 6);
  assert.equal(two.kept?.refresh_token, "refresh 2");
});

test("many calls whose token is refused refresh once, and are made again", async (t) => {
  const { service, one, two } = await tabs(t, "2");
  service.on(REFRESH, { body: grant("2") }, REFUSED);
  one.keep(grant("1"));
  const answers = await Promise.all([one, two, one, two].map((tab) => tab.call("GET", "/thing")));
  assert.deepEqual(answers, Array(4).fill({ thing: 1 }));
  assert.equal(service.sentTo(REFRESH).length, 1);
});

test("a tab whose token is refused takes the one that another tab has got", async (t) => {
  const { service, one, two } = await tabs(t);
  service.on("GET /thing", () => {
    two.keep(grant("2"));
    service.on("GET /thing", { body: { thing: 2 } });
    return REFUSED;
  });
  one.keep(grant("1"));
  assert.deepEqual(await one.call("GET", "/thing"), { thing: 2 });
  assert.equal(service.sentTo(REFRESH).length, 0);
  assert.equal(service.sentTo("GET /thing")[1]?.headers.authorization, "Bearer access 2");
});

test("a session that has ended is signed out, and forgotten in all tabs", async (t) => {
  const { service, one, two, changes } = await tabs(t);
  service.on(REFRESH, REFUSED);
  one.keep(grant("1"));
  await assert.rejects(one.call("GET", "/thing"), { name: "NodError", code: "signed_out" });
  assert.equal(one.id, null);
  assert.equal(two.id, null);
  assert.equal(changes(), 2);
  await assert.rejects(two.call("GET", "/thing"), { code: "signed_out" });
  assert.equal(service.sentTo(REFRESH).length, 1);
});

test("a session that cannot be refreshed just now is kept", async (t) => {
  const { service, one, changes } = await tabs(t);
  one.keep(grant("1"));
  service.on(REFRESH, { breaks: true });
  await assert.rejects(one.call("GET", "/thing"), { code: "offline" });
  service.on(REFRESH, { status: 503 });
  await assert.rejects(one.call("GET", "/thing"), { status: 503 });
  assert.equal(one.id, "s");
  assert.equal(changes(), 1);
});

test("another refusal is no reason to refresh", async (t) => {
  const { service, one } = await tabs(t);
  service.on("GET /thing", { status: 403, body: { code: "forbidden", detail: "not from here" } });
  one.keep(grant("1"));
  await assert.rejects(one.call("GET", "/thing"), { code: "forbidden" });
  assert.equal(service.asked.length, 1);
  assert.equal(one.id, "s");
});

test("a refresh that comes too late does not undo that the device signed out, or in as somebody else", async (t) => {
  const { clock, service, one, two } = await tabs(t);
  for (const later of [null, grant("3", { session: "other" })]) {
    one.keep(grant("1"));
    clock.tick(900_000);
    service.on(REFRESH, () => {
      if (later) two.keep(later);
      else two.forget();
      return { body: grant("2") };
    });
    await assert.rejects(one.call("GET", "/thing"), { code: "signed_out" });
    assert.equal(one.id, later?.session_id ?? null);
  }
  one.keep(grant("1"));
  clock.tick(900_000);
  service.on(REFRESH, () => {
    two.keep(grant("3", { session: "other" }));
    return REFUSED;
  });
  await assert.rejects(one.call("GET", "/thing"), { code: "signed_out" });
  assert.equal(one.id, "other");
});

test("signing out ends the session and forgets it", async (t) => {
  const { service, one, changes } = await tabs(t, "1");
  service.on("DELETE /sessions/current", { status: 204 });
  one.keep(grant("1"));
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
    one.keep(grant("1"));
    await one.signOut();
    assert.equal(one.id, null);
  });
}

test("a ticket is asked for by its purpose", async (t) => {
  const { service, one } = await tabs(t, "1");
  service.on("POST /tickets", { body: { url: "wss://ws.example.com/live?ticket=t" } });
  one.keep(grant("1"));
  assert.equal(await one.ticket("hand_over"), "wss://ws.example.com/live?ticket=t");
  assert.deepEqual(service.sentTo("POST /tickets")[0]?.body, { purpose: "hand_over" });
});

test("the lock of a refresh is free again after a failure", async (t) => {
  const { service, one, two } = await tabs(t, "2");
  one.keep(grant("1"));
  service.on(REFRESH, { breaks: true }, { body: grant("2") });
  await assert.rejects(one.call("GET", "/thing"), { code: "offline" });
  assert.deepEqual(await two.call("GET", "/thing"), { thing: 1 });
});
