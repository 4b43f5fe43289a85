/** What a device draws by itself: its PKCE verifier (RFC 7636) and, for a text message, an identifier. */

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const IDENTIFIER_LENGTH = 26;
const VERIFIER_BYTES = 32;

/** A PKCE verifier: 32 random bytes as 43 characters of base64url. */
export function newVerifier() {
  return base64url(crypto.getRandomValues(new Uint8Array(VERIFIER_BYTES)));
}

/**
 * The S256 challenge of a verifier (RFC 7636 section 4.2).
 *
 * @param {string} verifier
 */
export async function challengeOf(verifier) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return base64url(new Uint8Array(digest));
}

/** An identifier: 26 characters of Crockford's base32 (130 random bits). */
export function newIdentifier() {
  const bytes = crypto.getRandomValues(new Uint8Array(IDENTIFIER_LENGTH));
  return Array.from(bytes, (byte) => ALPHABET[byte & 31]).join("");
}

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
