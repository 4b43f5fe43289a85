"""What flows rely on where somebody says NO by text (T7): what can be undone, and what can no longer be redeemed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nod.domain.accounts import Account, Initial
from nod.domain.logins import KnownLogin
from nod.domain.sign_in import Overtaken, SignIn
from nod.errors import Denied
from tests.builders import (
    ADA,
    ADAS_NUMBER,
    ADAS_PHONE,
    GRACE,
    NOW,
    VERIFIER,
    account,
    after,
    phone_sign_in,
    session,
    waiter_ticket,
)
from tests.contract.stores import Snapshot, Stores, current

NUMBER = f"tel:{ADAS_NUMBER}"
ANOTHER_NUMBER = "tel:+447700900999"
LOGINS = {"user:ada": NOW, NUMBER: after(5)}
A_MICROSECOND = timedelta(microseconds=1)


class StoppingContract:
    """Taking back what a text message has led to."""

    # A login is released.

    def test_t7_a_login_is_released(self, stores: Stores) -> None:
        """T7: it leads nowhere then, is free for another account, and needs no session of anybody's."""
        self.created(stores, password_hash="hers")
        assert stores.accounts.release(account(logins=LOGINS), NUMBER)
        assert stores.logins.find(NUMBER) is None
        assert stores.accounts.get(ADA) == account(password_hash="hers")
        stores.accounts.create(account("ANOTHER", {NUMBER: NOW}))

    @pytest.mark.parametrize("initial", [None, "unused", "spent"])
    @pytest.mark.parametrize("someone_is_in", [False, True])
    @pytest.mark.parametrize("another", [False, True])
    def test_t7_the_only_way_in_stays_with_its_number(
        self, stores: Stores, initial: Initial | None, *, someone_is_in: bool, another: bool
    ) -> None:
        """T7: a number that nobody could get in without is released only where somebody is in already."""
        logins = LOGINS | ({ANOTHER_NUMBER: after(6)} if another else {})
        stores.accounts.create(account(logins=logins, password_hash="old" if initial else None, initial=initial))
        gone = stores.accounts.release(account(logins=logins), NUMBER, or_way_in=not someone_is_in)
        assert gone == (someone_is_in or another or initial == "unused")
        assert (stores.logins.find(NUMBER) is None) == gone

    @pytest.mark.parametrize(
        ("kept", "login", "gone"),
        [
            ({NUMBER: after(5)}, NUMBER, False),
            ({"user:ada": NOW}, NUMBER, True),
            ({"user:ada": NOW, NUMBER: after(6)}, NUMBER, False),
            ({"user:ada": NOW, NUMBER: after(5)}, "user:grace", True),
            (None, NUMBER, True),
        ],
        ids=["the last", "unbound", "bound anew", "another's", "no account"],
    )
    def test_t7_what_cannot_be_released_stays(
        self, stores: Stores, snapshot: Snapshot, kept: dict[str, Any] | None, login: str, *, gone: bool
    ) -> None:
        """T7: the last login, and one that was bound anew; what is no login of the account is gone already."""
        stores.accounts.create(account(GRACE, {"user:grace": after(5)}))
        if kept is not None:
            stores.accounts.create(account(logins=kept))
        before = snapshot()
        assert stores.accounts.release(account(logins={**LOGINS, login: after(5)}), login) == gone
        assert snapshot() == before

    def test_t7_several_are_released_one_after_another(self, stores: Stores) -> None:
        """T7: each with the account as it was read before the first went; the number that is left is a way in still."""
        third, fourth = "tel:+447700900998", "tel:+447700900997"
        seen = account(logins={"user:ada": NOW, NUMBER: NOW, ANOTHER_NUMBER: NOW, third: NOW, fourth: NOW})
        stores.accounts.create(seen)
        for login in (ANOTHER_NUMBER, third, fourth):
            assert stores.accounts.release(seen, login, or_way_in=True)
        assert not stores.accounts.release(seen, NUMBER, or_way_in=True)
        kept = stores.accounts.get(ADA)
        assert kept is not None
        assert set(kept.logins) == {"user:ada", NUMBER}

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
        """T7: it tells whose that is; one that nobody has is left alone, and none is made."""
        self.created(stores)
        before = snapshot()
        assert stores.logins.stop("tel:+447700900999", NOW, NOW) is None
        assert snapshot() == before
        assert stores.logins.stop(NUMBER, NOW, NOW) == (KnownLogin(ADA), NOW)
        assert snapshot() != before
        assert stores.logins.find(NUMBER) == KnownLogin(ADA)

    def test_t4_no_begins_to_hold_when_it_is_first_carried_out(self, stores: Stores, snapshot: Snapshot) -> None:
        """T4: carried out once more it changes nothing, and tells since when it holds; another NO is one of its own."""
        self.created(stores)
        assert stores.logins.stop(NUMBER, NOW, after(3)) == (KnownLogin(ADA), after(3))
        before = snapshot()
        assert stores.logins.stop(NUMBER, NOW, after(60)) == (KnownLogin(ADA), after(3))
        assert stores.logins.stop(NUMBER, after(3), after(60)) == (KnownLogin(ADA), after(3))
        assert stores.logins.stop(NUMBER, after(-60), after(60)) == (KnownLogin(ADA), after(3))
        assert snapshot() == before
        later = after(3) + A_MICROSECOND
        assert stores.logins.stop(NUMBER, later, after(61)) == (KnownLogin(ADA), after(61))

    def test_t7_no_holds_nothing_else_back(self, stores: Stores) -> None:
        """T7: a login that is not held back stays so, and one that is keeps its hold."""
        self.created(stores)
        stores.logins.stop(NUMBER, NOW, NOW)
        known = stores.logins.find(NUMBER)
        assert known is not None
        assert known.held_until is None
        stores.logins.hold(NUMBER, NOW)
        stores.logins.stop(NUMBER, after(1), after(1))
        known = stores.logins.find(NUMBER)
        assert known is not None
        assert known.is_held(after(1))

    # What a text has let in is redeemed only while its number stands by it.

    @pytest.mark.parametrize("stopped_at", [None, NOW - A_MICROSECOND])
    def test_t7_a_phone_is_redeemed(self, stores: Stores, stopped_at: Any) -> None:
        """R1.6: where nobody said NO, or before the text only, it gets its session."""
        seen = self.let_in(stores)
        if stopped_at:
            stores.logins.stop(NUMBER, stopped_at, stopped_at)
        stores.sign_ins.redeem(seen, seen.redeem(VERIFIER, NOW), session("NEW", method="phone"), NOW)
        assert stores.sessions.get(ADA, "NEW") == session("NEW", method="phone")
        assert current(stores, seen).status == "redeemed"

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda stores: stores.logins.stop(NUMBER, NOW, NOW),
            lambda stores: stores.logins.stop(NUMBER, after(1), after(1)),
            lambda stores: stores.accounts.release(account(logins=LOGINS), NUMBER),
            lambda stores: moved(stores, ADA, GRACE),
        ],
        ids=["NO at once", "NO", "released", "another account's"],
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
        stores.logins.stop(NUMBER, after(0), after(9))
        with pytest.raises(Denied):
            stores.sign_ins.redeem(seen, seen.redeem(VERIFIER, after(11)), session("NEW"), after(11))
        assert stores.sessions.get(ADA, "NEW") is None

    def test_a7_redeemed_twice_comes_before_no(self, stores: Stores, snapshot: Snapshot) -> None:
        """A7: the slower of two redeems is shown what the first came to, also where the number said NO since."""
        seen = self.let_in(stores)
        redeemed = seen.redeem(VERIFIER, NOW)
        stores.sign_ins.redeem(seen, redeemed, session("FIRST"), NOW)
        stores.logins.stop(NUMBER, NOW, NOW)
        before = snapshot()
        with pytest.raises(Overtaken) as overtaken:
            stores.sign_ins.redeem(seen, redeemed, session("SECOND"), NOW)
        assert overtaken.value.current == redeemed
        assert snapshot() == before

    # What several of these need.

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
    """The number is unbound from one account, and bound to another."""
    kept = stores.accounts.get(away_from)
    assert kept is not None
    stores.accounts.release(kept, NUMBER)
    stores.sessions.put(session("OTHERS", to))
    stores.accounts.bind(session("OTHERS", to), NUMBER, NOW)
