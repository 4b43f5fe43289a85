/** This device as it describes itself. People see it as a claim; the id only lets it be known again. */

import { newIdentifier } from "../nod/index.js";
import { browser } from "./memory.js";

/** @import { Device } from "../nod/sign_in.js" */

const KEY = "nod.device";
const SIGNED_IN = "nod.device.signed-in";
const APP = "Nod";

/** @type {[RegExp, string][]} */
const SYSTEMS = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/CrOS/, "ChromeOS"],
  [/Mac OS X/, "Mac"],
  [/Windows/, "Windows"],
  [/Linux/, "Linux"],
];

/** @type {[RegExp, string][]} */
const BROWSERS = [
  [/Edg\//, "Edge"],
  [/Firefox\//, "Firefox"],
  [/(Chrome|CriOS)\//, "Chrome"],
  [/Safari\//, "Safari"],
];

/** The id that this browser keeps. */
export function deviceId() {
  const kept = browser.get(KEY);
  if (kept !== null) return kept;
  const made = newIdentifier();
  browser.set(KEY, made);
  return made;
}

/** Its account knows the device from now on, also when it is signed out again. */
export function rememberSignedIn() {
  browser.set(SIGNED_IN, "yes");
}

/** Whether this browser was ever signed in. */
export function wasSignedIn() {
  return browser.get(SIGNED_IN) !== null;
}

/** @returns {Device} */
export function thisDevice() {
  const agent = navigator.userAgent;
  const system = first(SYSTEMS, agent);
  const program = first(BROWSERS, agent);
  return { type: typeOf(agent), name: [program, system].filter(Boolean).join(" · ") || "Browser", id: deviceId(), app: APP };
}

/** Whether this is a phone, which can send text messages and has a camera at hand. */
export function isPhone() {
  return typeOf(navigator.userAgent) === "phone";
}

/** Whether `sms:` links are to be written as iPhones read them. */
export function isApple() {
  return /iPhone|iPad/.test(navigator.userAgent);
}

/**
 * @param {string} agent
 * @returns {Device["type"]}
 */
function typeOf(agent) {
  if (/iPad|Tablet/.test(agent) || (/Android/.test(agent) && !/Mobile/.test(agent))) return "tablet";
  return /iPhone|Mobile/.test(agent) ? "phone" : "desktop";
}

/**
 * @param {[RegExp, string][]} names
 * @param {string} agent
 */
function first(names, agent) {
  return names.find(([pattern]) => pattern.test(agent))?.[1];
}
