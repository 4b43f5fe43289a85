/** Signing in on a new device: by a device that is signed in, or with a password. */

import { startApproval } from "../nod/index.js";
import { h } from "../ui/dom.js";
import { thisDevice } from "../ui/device.js";
import { submitting } from "../ui/form.js";
import { put, words } from "../ui/language.js";
import { pending } from "../ui/pending.js";
import { config, http, session } from "../ui/service.js";
import { drawShell, show } from "../ui/shell.js";
import { otherWays, timeLeft, waitFor, welcome } from "../ui/waiting.js";

/** @import { SignIn } from "../nod/index.js" */

const { signIn: text } = words;
let typed = "";

function ask() {
  const login = h("input", {
    name: "login",
    value: typed,
    required: true,
    maxlength: 254,
    autocomplete: "username",
    autocapitalize: "none",
    spellcheck: "false",
  });
  const trouble = h("div");
  const begin = async () => {
    typed = login.value;
    wait(await startApproval(http, { login: typed, device: thisDevice() }));
  };
  show(
    h("h1", {}, text.title),
    submitting(
      begin,
      trouble,
      h("label", {}, text.login, login),
      trouble,
      h("button", { class: "primary" }, text.withDevice),
    ),
    h("details", {}, h("summary", {}, text.withPassword), password(login, "/sessions", text.password, text.passwordSignIn)),
    config.sign_up &&
      h("details", {}, h("summary", {}, text.signUp), password(login, "/accounts", text.newPassword, text.signUpButton)),
    h("div", { class: "steps" }, ...otherWays()),
  );
}

/** @param {SignIn} signIn */
function wait(signIn) {
  const cancel = waitFor(signIn, ask);
  const { mode = "none", code = "" } = signIn.started.verification ?? {};
  const trouble = h("div");
  const send = h("button", { class: "primary" }, text.sendCode);
  show(
    h("h1", {}, text.waiting),
    h("p", {}, text[mode]),
    code && h("output", { class: "code" }, code),
    mode === "echo" &&
      submitting(
        async () => {
          await signIn.confirm(code);
          send.disabled = true;
        },
        trouble,
        send,
        trouble,
      ),
    h("p", { class: "quiet" }, put(text.openThere, { brand: words.brand })),
    timeLeft(signIn),
    h("div", { class: "steps" }, cancel),
  );
}

/**
 * The form for a password. The login is that of the page's first field.
 *
 * @param {HTMLInputElement} login
 * @param {"/sessions" | "/accounts"} path
 * @param {string} label
 * @param {string} button
 */
function password(login, path, label, button) {
  const isNew = path === "/accounts";
  const input = h("input", {
    type: "password",
    required: true,
    minlength: isNew ? 8 : 1,
    maxlength: 128,
    autocomplete: isNew ? "new-password" : "current-password",
  });
  const trouble = h("div");
  const enter = async () => {
    if (!login.reportValidity()) return;
    const body = { login: login.value, password: input.value, device: thisDevice() };
    await session.keep((await http.request("POST", path, { body })).body);
    welcome();
  };
  return submitting(enter, trouble, h("label", {}, label, input), trouble, h("button", {}, button));
}

drawShell(text.title);
const underWay = pending("approval");
if (underWay) wait(underWay);
else ask();
