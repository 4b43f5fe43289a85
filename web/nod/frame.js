/** What arrives on a WebSocket connection. */

/**
 * The frame in a message; one that says nothing where it is none.
 *
 * @param {string} text
 * @returns {any}
 */
export function frameOf(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
