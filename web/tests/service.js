/** A service on loopback that answers as a test says, over HTTP and WebSocket, and keeps what it was asked. */

import { once } from "node:events";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { Http } from "../nod/index.js";
import { until } from "./until.js";

/**
 * @import { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http"
 * @import { AddressInfo } from "node:net"
 * @import { TestContext } from "node:test"
 * @import { WebSocket } from "ws"
 * @typedef {{ route: string, headers: IncomingHttpHeaders, body: any }} Asked
 * @typedef {{ status?: number, headers?: Record<string, string>, body?: unknown, text?: string, breaks?: boolean }} Answer
 * @typedef {Answer | ((asked: Asked) => Answer | Promise<Answer>)} Plan
 */

export class Service {
  /** @type {Asked[]} */
  asked = [];
  /** @type {Peer[]} */
  peers = [];
  /** @type {Map<string, Plan[]>} */
  #plans = new Map();
  #server = createServer((request, response) => void this.#answer(request, response));
  #sockets = new WebSocketServer({ server: this.#server });

  /**
   * One that ends with the test.
   *
   * @param {TestContext} t
   */
  static async start(t) {
    const service = new Service();
    service.#sockets.on("connection", (socket, request) => service.peers.push(new Peer(socket, request.url ?? "")));
    await new Promise((resolve) => service.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    t.after(() => service.stop());
    return service;
  }

  /** Where it is, without the scheme. */
  get #place() {
    return `127.0.0.1:${/** @type {AddressInfo} */ (this.#server.address()).port}`;
  }

  /** A WebSocket address. */
  get socketUrl() {
    return `ws://${this.#place}/?ticket=t`;
  }

  get http() {
    return new Http(`http://${this.#place}`);
  }

  /**
   * Answer a route, such as `POST /sign-ins`, with each of these once; the last one stays.
   *
   * @param {string} route
   * @param {...Plan} plans
   */
  on(route, ...plans) {
    this.#plans.set(route, plans);
  }

  /**
   * What was sent to a route.
   *
   * @param {string} route
   */
  sentTo(route) {
    return this.asked.filter((one) => one.route === route);
  }

  /**
   * The next client that connects, or the one that has.
   *
   * @param {number} index counted from 0 in the order in which they came
   */
  async peer(index) {
    return until(() => this.peers[index]);
  }

  /** Answer nobody any more. */
  stop() {
    for (const { socket } of this.peers) socket.terminate();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async #answer(request, response) {
    const text = (await request.toArray()).join("");
    const route = `${request.method} ${request.url}`;
    const asked = { route, headers: request.headers, body: text === "" ? undefined : JSON.parse(text) };
    this.asked.push(asked);
    const plans = this.#plans.get(route) ?? [{ status: 404, body: { code: "not_found", detail: `no plan for ${route}` } }];
    const plan = plans.length > 1 ? plans.shift() : plans[0];
    const answer = (typeof plan === "function" ? await plan(asked) : plan) ?? {};
    if (answer.breaks) return void response.destroy();
    response.writeHead(answer.status ?? 200, answer.headers);
    response.end(answer.text ?? (answer.body === undefined ? "" : JSON.stringify(answer.body)));
  }
}

/** The service's end of one WebSocket connection. */
class Peer {
  /** @type {any[]} */
  frames = [];
  isClosed = false;

  /**
   * @param {WebSocket} socket
   * @param {string} url that it was opened with
   */
  constructor(socket, url) {
    this.socket = socket;
    this.url = url;
    socket.on("message", (data) => this.frames.push(JSON.parse(String(data))));
    socket.on("close", () => (this.isClosed = true));
  }

  /**
   * The next frame with this action; it is taken out of `frames`.
   *
   * @param {string} action
   * @returns {Promise<any>}
   */
  async got(action) {
    const frame = await until(() => this.frames.find((one) => one.action === action));
    this.frames.splice(this.frames.indexOf(frame), 1);
    return frame;
  }

  /** @param {unknown} frame */
  send(frame) {
    this.socket.send(JSON.stringify(frame));
  }

  /** Wait until the client has got everything that was sent. */
  async isHeard() {
    const heard = once(this.socket, "pong");
    this.socket.ping();
    await heard;
  }

  /**
   * Answer the client's hello.
   *
   * @param {Record<string, unknown>} [fields]
   */
  async welcome(fields = {}) {
    const { id } = await this.got("hello");
    this.send({ type: "welcome", id, ...fields });
  }
}
