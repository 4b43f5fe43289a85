/** The password of the account: setting it, since when there is one, and taking it away. */

import { confirmed } from "./confirm.js";
import { fill, h } from "./dom.js";
import { submitting } from "./form.js";
import { words } from "./language.js";
import { problem } from "./outcome.js";
import { session } from "./service.js";
import { moment } from "./time.js";

const { password: text } = words;

/** @typedef {{ by: "owner" | "service" | null, set_at: string | null }} PasswordShown */

/** A form to set it, folded away; once unfolded it says what there is, and offers to remove that. */
export function settingPassword() {
  const current = h("input", { type: "password", maxlength: 128, autocomplete: "current-password" });
  const fresh = h("input", { type: "password", required: true, minlength: 8, maxlength: 128, autocomplete: "new-password" });
  const there = h("div");
  const trouble = h("div");
  const done = h("p", { role: "status" });
  const look = async () => {
    try {
      fill(there, removing(await session.call("GET", "/account/password"), removed));
    } catch (error) {
      fill(there, problem(error));
    }
  };
  const set = async () => {
    fill(done);
    const known = current.value === "" ? {} : { current: current.value };
    await session.call("PUT", "/account/password", { ...known, new: fresh.value });
    form.reset();
    fill(done, text.done);
    await look();
  };
  const removed = async () => {
    fill(trouble);
    fill(done, text.removed);
    await look();
    // The button that had the focus is gone.
    summary.focus();
  };
  const fields = [h("label", {}, text.current, current), h("label", {}, words.signIn.newPassword, fresh)];
  const form = submitting(set, trouble, [...fields, trouble, done, h("button", {}, text.set)], { invalid_credentials: text.wrong });
  const summary = h("summary", {}, text.title);
  const details = h("details", { ontoggle: () => details.open && void look() }, summary, there, form);
  return details;
}

/**
 * Since when there is a password, and a button that removes it; nothing where there is none.
 *
 * @param {PasswordShown} shown
 * @param {() => Promise<void>} whenGone
 */
function removing({ by, set_at: since }, whenGone) {
  if (since === null) return null;
  const trouble = h("div");
  const remove = async () => {
    if (!(await confirmed(text.sure, text.remove, words.approve.no))) return;
    await session.call("DELETE", "/account/password");
    await whenGone();
  };
  const what = by === "service" ? h("p", {}, text.texted) : h("p", {}, text.since, " ", moment(since));
  return submitting(remove, trouble, [what, trouble, h("button", {}, text.remove)], { last_login: text.onlyWay });
}
