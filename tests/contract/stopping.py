"""What flows rely on where somebody says NO by text (T7): what can be undone, and what can no longer be redeemed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from nod.domain.accounts import Account, Initial
from nod.domain.logins import KnownLogin
from nod.domain.sign_in import Overtaken, SignIn
from nod.domain.stopping import STOPPABLE_FOR, Stop
from nod.errors import Denied, InvalidToken, LastLogin
from tests.builders import (
    ADA,
    ADAS_NUMBER,
    ADAS_PHONE,
    GRACE,
    NOW,
    VERIFIER,
    account,
    after,
    message,
    phone_sign_in,
    session,
    waiter_ticket,
)
from tests.contract.stores import DEATHS, Snapshot, Stores, current, died

NUMBER = f"tel:{ADAS_NUMBER}"
ANOTHER_NUMBER = "tel:+447700900999"
BOUND = after(-5)
LOGINS = {"user:ada": NOW, NUMBER: BOUND}
A_MICROSECOND = timedelta(microseconds=1)


# What an account has, and which login is to be taken from it that cannot be.
WHY_NOT = ["the last", "unbound", "bound anew", "another's", "no account"]
NOT_TO_BE_TAKEN: list[tuple[dict[str, Any] | None, str]] = [
    ({NUMBER: BOUND}, NUMBER),
    ({"user:ada": NOW}, NUMBER),
    ({"user:ada": NOW, NUMBER: after(6)}, NUMBER),
    ({"user:ada": NOW, NUMBER: BOUND}, "user:grace"),
    (None, NUMBER),
]


class StoppingContract:
    """Taking back what a text message has led to."""

    # A login is released.

    def test_t7_a_login_is_released(self, stores: Stores) -> None:
        """T7: it leads nowhere then, is free for another account, and needs no session of anybody's."""
        self.created(stores, password_hash="hers")
        stores.accounts.release(account(logins=LOGINS), NUMBER)
        assert stores.logins.find(NUMBER) is None
        assert stores.accounts.get(ADA) == account(password_hash="hers")
        stores.accounts.create(account("ANOTHER", {NUMBER: NOW}))

    @pytest.mark.parametrize(("kept", "login"), NOT_TO_BE_TAKEN, ids=WHY_NOT)
    def test_t7_what_cannot_be_released_stays(
        self, stores: Stores, snapshot: Snapshot, kept: dict[str, Any] | None, login: str
    ) -> None:
        """T7: the last login, and one that was bound anew; what is no login of the account is gone already."""
        stores.accounts.create(account(GRACE, {"user:grace": BOUND}))
        if kept is not None:
            stores.accounts.create(account(logins=kept))
        before = snapshot()
        stores.accounts.release(account(logins={**LOGINS, login: BOUND}), login)
        assert snapshot() == before

    # NO was carried out.

    def test_t7_no_is_kept_as_carried_out(self, stores: Stores) -> None:
        """T7: with its message, of which it tells the account, and with the account, of which it tells up to when."""
        seen = self.created(stores, undone={ANOTHER_NUMBER: after(8), "tel:+447700900998": after(9) - STOPPABLE_FOR})
        self.arrived(stores)
        stores.messages.undone(message("NO"), seen, NUMBER, after(9))
        assert self.outcome(stores) == ("undone", ADA)
        assert stores.accounts.get(ADA) == replace(seen, undone={ANOTHER_NUMBER: after(8), NUMBER: after(9)})

    def test_t4_a_no_that_another_has_carried_out_is_kept_so(self, stores: Stores) -> None:
        """T4: with its message only."""
        seen = self.created(stores)
        self.arrived(stores)
        stores.messages.carried_out(message("NO"), "undone")
        assert self.outcome(stores) == ("undone", ADA)
        assert stores.accounts.get(ADA) == seen

    def test_t7_what_was_carried_out_makes_no_account(self, stores: Stores, snapshot: Snapshot) -> None:
        """T7: nor a message, where there is none."""
        before = snapshot()
        stores.messages.undone(message("NO"), account(logins=LOGINS), NUMBER, after(9))
        stores.messages.carried_out(message("NO"), "undone")
        stores.messages.carried_out(message("NO"), "nothing_undone")
        assert snapshot() == before

    def test_t7_a_no_that_came_to_nothing_is_kept_so(self, stores: Stores) -> None:
        """T7: with its message only."""
        seen = self.created(stores)
        self.arrived(stores)
        stores.messages.carried_out(message("NO"), "nothing_undone")
        assert self.outcome(stores) == ("nothing_undone", ADA)
        assert stores.accounts.get(ADA) == seen

    @pytest.mark.parametrize("initial", [None, "unused", "spent"])
    @pytest.mark.parametrize("beside", [None, "PC"])
    @pytest.mark.parametrize("another", [False, True])
    def test_t7_the_number_goes_in_the_write_that_keeps_it(
        self, stores: Stores, snapshot: Snapshot, initial: Initial | None, *, beside: str | None, another: bool
    ) -> None:
        """T7: but for the only way in, which goes only where somebody is in: then nothing is written."""
        logins = LOGINS | ({ANOTHER_NUMBER: after(6)} if another else {})
        stores.accounts.create(account(logins=logins, password_hash="old" if initial else None, initial=initial))
        stores.sessions.put(session("PC"))
        self.arrived(stores)
        before = snapshot()
        goes = bool(beside) or another or initial == "unused"
        try:
            stores.messages.undone_with(message("NO"), account(logins=logins), NUMBER, after(9), beside=beside, now=NOW)
        except LastLogin:
            assert not goes
            assert snapshot() == before
            return
        assert goes
        assert stores.logins.find(NUMBER) is None
        assert self.outcome(stores) == ("undone", ADA)
        kept = stores.accounts.get(ADA)
        assert kept is not None
        assert kept.undone == {NUMBER: after(9)}

    @pytest.mark.parametrize("death", DEATHS)
    def test_t7_the_number_goes_only_while_whoever_stays_in_does(
        self, stores: Stores, snapshot: Snapshot, death: str
    ) -> None:
        """T7: where that session has ended meanwhile, nothing is written."""
        seen = self.created(stores)
        dead = died(stores, death)
        self.arrived(stores)
        before = snapshot()
        with pytest.raises(InvalidToken):
            stores.messages.undone_with(message("NO"), seen, NUMBER, NOW, beside=dead.session_id, now=NOW)
        assert snapshot() == before

    @pytest.mark.parametrize(("kept", "login"), NOT_TO_BE_TAKEN[1:], ids=WHY_NOT[1:])
    def test_t7_a_number_that_has_gone_already_is_no_error(
        self, stores: Stores, kept: dict[str, Any] | None, login: str
    ) -> None:
        """T7: nor one that was bound anew; the message is kept as carried out."""
        stores.accounts.create(account(GRACE, {"user:grace": BOUND}))
        if kept is not None:
            stores.accounts.create(account(logins=kept))
        bound = stores.logins.find(login)
        self.arrived(stores)
        seen = account(logins={**LOGINS, login: BOUND})
        stores.messages.undone_with(message("NO"), seen, login, NOW, beside=None, now=NOW)
        assert self.outcome(stores) == ("undone", ADA)
        assert stores.logins.find(login) == bound

    def test_t7_the_last_login_stays_in_any_case(self, stores: Stores, snapshot: Snapshot) -> None:
        """T7: also where somebody is in."""
        seen = account(logins={NUMBER: BOUND})
        stores.accounts.create(seen)
        stores.sessions.put(session("PC"))
        self.arrived(stores)
        before = snapshot()
        for beside in (None, "PC"):
            with pytest.raises(LastLogin):
                stores.messages.undone_with(message("NO"), seen, NUMBER, NOW, beside=beside, now=NOW)
        assert snapshot() == before

    # A password is dropped.

    @pytest.mark.parametrize("initial", [None, "unused", "spent"])
    def test_t7_a_password_is_dropped(self, stores: Stores, initial: Initial | None) -> None:
        """T7: the account has none then, as if none had ever been set."""
        seen = self.created(stores, password_hash="thief's", initial=initial, password_set_at=NOW)
        stores.passwords.drop(seen)
        assert stores.accounts.get(ADA) == account(logins=LOGINS)
        assert stores.passwords.set_initial(ADA, "first")

    @pytest.mark.parametrize(
        "kept",
        [
            {"password_hash": "another"},
            {"password_hash": "seen", "initial": "spent"},
            {"password_hash": "seen", "initial": "unused"},
            {},
            None,
        ],
    )
    def test_t7_a_password_that_was_set_meanwhile_is_not_dropped(
        self, stores: Stores, snapshot: Snapshot, kept: dict[str, Any] | None
    ) -> None:
        """T7: nor is anything written where there is none, or no account."""
        if kept is not None:
            self.created(stores, **kept)
        before = snapshot()
        stores.passwords.drop(account(logins=LOGINS, password_hash="seen", password_set_at=NOW))
        assert snapshot() == before

    # A number says NO.

    def test_t7_no_is_kept_with_its_number(self, stores: Stores, snapshot: Snapshot) -> None:
        """T7: where it is the account's; one that is nobody's, or another's by now, is left alone, and none is made."""
        self.created(stores)
        before = snapshot()
        for login, account_id in (("tel:+447700900999", ADA), (NUMBER, GRACE)):
            not_theirs = Stop(number=login, account_id=account_id, asked_at=NOW, held_at=NOW)
            assert stores.logins.stop(login, account_id, NOW, after(5)) == not_theirs
        assert snapshot() == before
        assert stores.logins.stop(NUMBER, ADA, NOW, NOW) == stop(NOW, NOW)
        assert snapshot() != before
        assert stores.logins.find(NUMBER) == KnownLogin(ADA, BOUND, stopped_at=NOW)

    def test_t4_no_begins_to_hold_when_it_is_first_carried_out(self, stores: Stores, snapshot: Snapshot) -> None:
        """T4: carried out once more it changes nothing, and tells since when it holds; another NO is one of its own."""
        self.created(stores)
        assert stores.logins.stop(NUMBER, ADA, NOW, after(3)) == stop(NOW, after(3))
        before = snapshot()
        for asked_at in (NOW, after(3), after(-60)):
            assert stores.logins.stop(NUMBER, ADA, asked_at, after(60)) == stop(asked_at, after(3))
        assert snapshot() == before
        later = after(3) + A_MICROSECOND
        assert stores.logins.stop(NUMBER, ADA, later, after(61)) == stop(later, after(61))

    def test_t7_no_holds_nothing_else_back(self, stores: Stores) -> None:
        """T7: a login that is not held back stays so, and one that is keeps its hold."""
        self.created(stores)
        stores.logins.stop(NUMBER, ADA, NOW, NOW)
        known = stores.logins.find(NUMBER)
        assert known is not None
        assert known.held_until is None
        stores.logins.hold(NUMBER, NOW)
        stores.logins.stop(NUMBER, ADA, after(1), after(1))
        known = stores.logins.find(NUMBER)
        assert known is not None
        assert known.is_held(after(1))

    # What a text has let in is redeemed only while its number stands by it.

    @pytest.mark.parametrize("stopped_at", [None, NOW - A_MICROSECOND])
    def test_t7_a_phone_is_redeemed(self, stores: Stores, stopped_at: Any) -> None:
        """R1.6: where nobody said NO, or before the text only, it gets its session."""
        seen = self.let_in(stores)
        if stopped_at:
            stores.logins.stop(NUMBER, ADA, stopped_at, stopped_at)
        stores.sign_ins.redeem(seen, seen.redeem(VERIFIER, NOW), session("NEW", method="phone"), NOW)
        assert stores.sessions.get(ADA, "NEW") == session("NEW", method="phone")
        assert current(stores, seen).status == "redeemed"

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda stores: stores.logins.stop(NUMBER, ADA, NOW, NOW),
            lambda stores: stores.logins.stop(NUMBER, ADA, after(1), after(1)),
            lambda stores: stores.accounts.release(account(logins=LOGINS), NUMBER),
            lambda stores: moved(stores, ADA, GRACE),
            lambda stores: moved(stores, ADA, ADA),
        ],
        ids=["NO at once", "NO", "released", "another account's", "bound anew"],
    )
    def test_t7_what_its_number_takes_back_is_denied(
        self, stores: Stores, snapshot: Snapshot, spoil: Callable[[Stores], None]
    ) -> None:
        """T7: a NO from the very moment of the text on, and a number that was unbound: nothing is written."""
        seen = self.let_in(stores)
        spoil(stores)
        before = snapshot()
        with pytest.raises(Denied):
            stores.sign_ins.redeem(seen, seen.redeem(VERIFIER, after(2)), session("NEW"), after(2))
        assert snapshot() == before

    def test_t7_no_counts_from_the_text_though_an_approver_allows_it_later(self, stores: Stores) -> None:
        """T7: NO between text and answer takes back what the text has asked for; S2: nor may its host be dead."""
        seen = self.let_in(stores, allowed_at=10, let_in_by=ADAS_PHONE.session_id)
        with pytest.raises(Denied):
            stores.sign_ins.redeem(seen, seen.redeem(VERIFIER, after(11)), session("NEW"), after(11))
        stores.sessions.put(session())
        stores.logins.stop(NUMBER, ADA, after(0), after(9))
        with pytest.raises(Denied):
            stores.sign_ins.redeem(seen, seen.redeem(VERIFIER, after(11)), session("NEW"), after(11))
        assert stores.sessions.get(ADA, "NEW") is None

    def test_a7_redeemed_twice_comes_before_no(self, stores: Stores, snapshot: Snapshot) -> None:
        """A7: the slower of two redeems is shown what the first came to, also where the number said NO since."""
        seen = self.let_in(stores)
        redeemed = seen.redeem(VERIFIER, NOW)
        stores.sign_ins.redeem(seen, redeemed, session("FIRST"), NOW)
        stores.logins.stop(NUMBER, ADA, NOW, NOW)
        before = snapshot()
        with pytest.raises(Overtaken) as overtaken:
            stores.sign_ins.redeem(seen, redeemed, session("SECOND"), NOW)
        assert overtaken.value.current == redeemed
        assert snapshot() == before

    # What several of these need.

    @staticmethod
    def arrived(stores: Stores) -> None:
        """The NO has arrived."""
        stores.messages.claim(message("NO"), "stopped", ADA)

    @staticmethod
    def outcome(stores: Stores) -> tuple[str, str | None]:
        """What became of it, and in which account."""
        seen = stores.messages.seen("NO")
        assert seen is not None
        return seen.outcome, seen.account_id

    @staticmethod
    def created(stores: Stores, **changes: Any) -> Account:
        """Ada's account as it is kept, beside another that nothing may happen to."""
        stores.accounts.create(account(GRACE, {"user:grace": NOW}, "hers"))
        made = account(logins=LOGINS, **changes)
        stores.accounts.create(made)
        return made

    def let_in(self, stores: Stores, *, allowed_at: float = 0, let_in_by: str | None = None) -> SignIn:
        """A phone whose text message has arrived, allowed at that time."""
        self.created(stores)
        begun = phone_sign_in().texted(NUMBER, ADA, ask=bool(let_in_by), now=NOW)
        if let_in_by:
            begun = begun.answer("allow", None, by=ADAS_PHONE, now=after(allowed_at))
        stores.sign_ins.open(begun, None, waiter_ticket(begun))
        return begun


def moved(stores: Stores, away_from: str, to: str) -> None:
    """The number is unbound from one account, and bound to another, or to the same anew."""
    kept = stores.accounts.get(away_from)
    assert kept is not None
    stores.accounts.release(kept, NUMBER)
    stores.sessions.put(session("OTHERS", to))
    stores.accounts.bind(session("OTHERS", to), NUMBER, after(1))


def stop(asked_at: datetime, held_at: datetime) -> Stop:
    """A NO of Ada's number, which has never texted for a sign-in."""
    return Stop(number=NUMBER, account_id=ADA, asked_at=asked_at, held_at=held_at)
