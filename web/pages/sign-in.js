/** Signing in on a new device: by a device that is signed in, or with a password; and making an account. */

import { startApproval } from "../nod/index.js";
import { byId, h } from "../ui/dom.js";
import { thisDevice } from "../ui/device.js";
import { submitting } from "../ui/form.js";
import { put, words } from "../ui/language.js";
import { pending } from "../ui/pending.js";
import { config, http, session } from "../ui/service.js";
import { drawShell, show } from "../ui/shell.js";
import { otherWays, timeLeft, waitFor, welcome } from "../ui/waiting.js";

/** @import { SignIn } from "../nod/index.js" */

const { signIn: text } = words;
const MAKES_ACCOUNT = "#new";
let typed = "";

function ask() {
  const login = loginField({ name: "login" });
  const trouble = h("div");
  const begin = async () => {
    typed = login.value;
    wait(await startApproval(http, { login: typed, device: thisDevice() }));
  };
  const button = h("button", { class: "primary" }, text.withDevice);
  const unknown = config.sign_up ? { unknown_login: text.unknownOrNew } : {};
  show(
    h("h1", {}, text.title),
    session.id && h("p", { class: "card" }, words.start.signedIn, " ", h("a", { href: "/approve" }, words.start.toApprove)),
    submitting(begin, trouble, [h("label", {}, text.login, login), trouble, button], unknown),
    h("details", {}, h("summary", {}, text.withPassword), withPassword(login)),
    config.sign_up && h("details", { id: "new" }, h("summary", {}, text.signUp), newAccount()),
    h("div", { class: "steps" }, ...otherWays()),
  );
  if (config.sign_up && location.hash === MAKES_ACCOUNT) unfold(byId("new"));
}

/** @param {SignIn} signIn */
function wait(signIn) {
  typed = signIn.login ?? "";
  const cancel = waitFor(signIn, ask);
  const { mode = "none", code = "" } = signIn.started.verification ?? {};
  show(
    h("h1", {}, text.waiting),
    h("p", {}, text[mode]),
    code && h("output", { class: "code" }, code),
    mode === "echo" && sendingBack(signIn, code),
    h("p", { class: "quiet" }, put(text.openThere, { brand: words.brand, page: words.approve.title })),
    timeLeft(signIn),
    h("div", { class: "steps" }, cancel),
  );
}

/**
 * @param {SignIn} signIn
 * @param {string} code
 */
function sendingBack(signIn, code) {
  const trouble = h("div");
  const send = h("button", { class: "primary" }, text.sendCode);
  const confirm = async () => {
    await signIn.confirm(code);
    send.disabled = true;
  };
  return submitting(confirm, trouble, [send, trouble]);
}

/**
 * Whoever came to make an account types at once.
 *
 * @param {HTMLElement} details
 */
function unfold(details) {
  details.setAttribute("open", "");
  details.querySelector("input")?.focus();
}

/** @param {HTMLInputElement} login the page's first field */
function withPassword(login) {
  const password = h("input", { type: "password", required: true, maxlength: 128, autocomplete: "current-password" });
  const trouble = h("div");
  const button = h("button", {}, text.passwordSignIn);
  const go = async () => {
    if (login.reportValidity()) await enter("/sessions", login.value, password.value);
  };
  return submitting(go, trouble, [h("label", {}, text.password, password), trouble, button]);
}

function newAccount() {
  const hint = h("p", { class: "quiet", id: "username-hint" }, text.usernameHint);
  const pattern = "[A-Za-z0-9][A-Za-z0-9._\\-]*";
  const login = loginField({ maxlength: 64, pattern, title: text.usernameHint, "aria-describedby": hint.id });
  const password = h("input", { type: "password", required: true, minlength: 8, maxlength: 128, autocomplete: "new-password" });
  const trouble = h("div");
  const button = h("button", {}, text.signUpButton);
  const fields = [h("label", {}, text.username, login), hint, h("label", {}, text.newPassword, password)];
  const special = { invalid_request: text.badUsername };
  return submitting(() => enter("/accounts", login.value, password.value), trouble, [...fields, trouble, button], special);
}

/**
 * @param {"/sessions" | "/accounts"} path
 * @param {string} login
 * @param {string} password
 */
async function enter(path, login, password) {
  await session.keep((await http.request("POST", path, { body: { login, password, device: thisDevice() } })).body);
  welcome();
}

/** @param {Record<string, unknown>} [attributes] */
function loginField(attributes = {}) {
  const usual = { value: typed, required: true, maxlength: 254, autocomplete: "username", autocapitalize: "none", spellcheck: "false" };
  return h("input", { ...usual, ...attributes });
}

drawShell(text.title);
const underWay = pending("approval");
if (underWay) wait(underWay);
else ask();
