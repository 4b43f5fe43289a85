/** Setting the password of the account: by text message it gets one that works once. */

import { fill, h } from "./dom.js";
import { submitting } from "./form.js";
import { words } from "./language.js";
import { session } from "./service.js";

const { password: text } = words;

/** A form for it, folded away. */
export function settingPassword() {
  const current = h("input", { type: "password", maxlength: 128, autocomplete: "current-password" });
  const fresh = h("input", { type: "password", required: true, minlength: 8, maxlength: 128, autocomplete: "new-password" });
  const trouble = h("div");
  const done = h("p", { role: "status" });
  const set = async () => {
    fill(done);
    const known = current.value === "" ? {} : { current: current.value };
    await session.call("PUT", "/account/password", { ...known, new: fresh.value });
    form.reset();
    fill(done, text.done);
  };
  const fields = [h("label", {}, text.current, current), h("label", {}, words.signIn.newPassword, fresh)];
  const form = submitting(set, trouble, [...fields, trouble, done, h("button", {}, text.set)], { invalid_credentials: text.wrong });
  return h("details", {}, h("summary", {}, text.title), form);
}
