/** What the link of a QR code carries, which leaves the address bar before the page does anything else. */

/**
 * The token in a link's fragment; null where it has none.
 *
 * @param {string} fragment beginning with `#`
 */
export function tokenIn(fragment) {
  return new URLSearchParams(fragment.slice(1)).get("scan_token");
}

/** Take it out of the address bar, where the page was opened by such a link. */
export function takeToken() {
  const token = tokenIn(location.hash);
  if (token !== null) history.replaceState(null, "", location.pathname);
  return token;
}

/** The token that the page was opened with. */
export const openedWith = takeToken();
