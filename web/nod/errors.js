/** What can go wrong, as one type: an answer of the service, or none. */

/**
 * The service refused (`code` is its stable name), or could not be reached (`code` is `offline`).
 */
export class NodError extends Error {
  /**
   * @param {string} code stable, such as `unknown_login`
   * @param {number} status of HTTP; 0 where there was no answer
   * @param {string} detail for people, in English
   * @param {number | null} [retryAfter] seconds, where the service says so
   */
  constructor(code, status, detail, retryAfter = null) {
    super(detail);
    this.name = "NodError";
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** Whether trying the same again later may help: the network was down, or the service in trouble. */
  get isPassing() {
    return this.status === 0 || this.status >= 500;
  }
}

/**
 * The error of an answer that is not a success (RFC 9457).
 *
 * @param {Response} response
 * @returns {Promise<NodError>}
 */
export async function errorOf(response) {
  const problem = await response.json().catch(() => null);
  const retryAfter = Number(response.headers.get("retry-after")) || null;
  // What API Gateway answers by itself has no code: its 429 means the same as the service's.
  const code = typeof problem?.code === "string" ? problem.code : response.status === 429 ? "slow_down" : "internal";
  return new NodError(code, response.status, String(problem?.detail ?? response.statusText), retryAfter);
}
