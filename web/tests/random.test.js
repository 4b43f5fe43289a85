/** What a device draws by itself. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { challengeOf, newIdentifier, newVerifier } from "../nod/index.js";

test("the challenge of the verifier in RFC 7636, appendix B, is the one that stands there", async () => {
  const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  assert.equal(await challengeOf(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
});

test("the bytes of RFC 7636, appendix B, become its verifier", (t) => {
  const octets = [116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186];
  octets.push(22, 212, 37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121);
  t.mock.method(crypto, "getRandomValues", (/** @type {Uint8Array} */ bytes) => (bytes.set(octets), bytes));
  assert.equal(newVerifier(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
});

test("an identifier is 26 characters of Crockford's base32, all of which occur", () => {
  const drawn = Array.from({ length: 200 }, newIdentifier);
  for (const identifier of drawn) assert.match(identifier, /^[0-9A-HJKMNP-TV-Z]{26}$/);
  assert.equal(new Set(drawn.join("")).size, 32);
});

test("no verifier and no identifier comes twice", () => {
  assert.equal(new Set(Array.from({ length: 200 }, newIdentifier)).size, 200);
  assert.equal(new Set(Array.from({ length: 200 }, newVerifier)).size, 200);
});
