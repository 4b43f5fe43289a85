/** Requests to the HTTP API: JSON in and out, every failure a `NodError`. */

import { NodError, errorOf } from "./errors.js";

const TIMEOUT_MS = 15_000;

export class Http {
  /**
   * @param {string} base the address of the HTTP API, without a slash at its end
   */
  constructor(base) {
    this.base = base;
  }

  /**
   * Send one request.
   *
   * @param {string} method
   * @param {string} path beginning with a slash
   * @param {{ body?: unknown, bearer?: string, key?: string }} [options] `key` makes a request repeatable: the same
   *   once more has the same answer (`Idempotency-Key`)
   * @returns {Promise<{ status: number, body: any }>} of any 2xx
   */
  async request(method, path, { body, bearer, key } = {}) {
    /** @type {Record<string, string>} */
    const headers = {};
    if (body !== undefined) headers["content-type"] = "application/json";
    if (bearer !== undefined) headers["authorization"] = `Bearer ${bearer}`;
    if (key !== undefined) headers["idempotency-key"] = key;
    const response = await this.#reached(`${this.base}${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw await errorOf(response);
    return { status: response.status, body: response.status === 204 ? null : await this.#read(response) };
  }

  /**
   * @param {string} url
   * @param {RequestInit} request
   */
  async #reached(url, request) {
    try {
      return await fetch(url, request);
    } catch {
      throw new NodError("offline", 0, "the service cannot be reached");
    }
  }

  /**
   * @param {Response} response
   * @returns {Promise<any>}
   */
  async #read(response) {
    try {
      return await response.json();
    } catch {
      // It broke off, or somebody else has answered: the login page of a guest network.
      throw new NodError("offline", 0, "the service's answer did not arrive");
    }
  }
}
