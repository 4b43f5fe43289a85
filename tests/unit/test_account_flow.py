"""The ordinary way in and refresh tokens (R1.9; attacks A4, S2, S3)."""

from base64 import b64encode
from random import Random

import pytest

from nod.domain.device import Device, Network
from nod.domain.passwords import hash_password
from nod.domain.pushes import SessionEnded, SessionStarted
from nod.domain.sessions import parse_refresh_token
from nod.domain.sign_in import Approver
from nod.errors import (
    Forbidden,
    InvalidCredentials,
    InvalidRequest,
    InvalidToken,
    LoginTaken,
    SlowDown,
)
from nod.flows.granting import Grant
from tests.builders import ADA, GRACE, HOME, IDLE, LAPTOP, LONGEST, PHONE
from tests.unit.service import Service

PASSWORD = "correct horse"
# What no password matches, with so little work that a test can afford many tries: its parameters stand in the text.
CHEAP = f"scrypt$16$8$1${b64encode(bytes(16)).decode()}${b64encode(bytes(32)).decode()}"


@pytest.fixture(scope="module")
def password_hash() -> str:
    """The hash of the password, made once."""
    return hash_password(PASSWORD, Random(1))


def signed_up(service: Service, login: str = "Ada") -> Grant:
    """A new account."""
    return service.passwords.sign_up(login, PASSWORD, PHONE, HOME)


def sign_in(service: Service, login: str = "ada", password: str = PASSWORD, *, network: Network = HOME) -> Grant:
    """A further session."""
    return service.passwords.sign_in(login, password, LAPTOP, network)


def who(grant: Grant) -> Approver:
    """Whom a grant speaks for."""
    return Approver(grant.account_id, grant.session_id)


# Signing up.


def test_r1_9_signing_up_makes_an_account_and_its_first_session() -> None:
    """R1.9: a username and a password make an account, and its first device is signed in at once."""
    service = Service()
    grant = signed_up(service)
    assert grant.new_account is True
    made = service.control.alive(who(grant))
    assert (made.login, made.method, made.let_in_by) == ("ada", "password", None)
    assert (made.device, made.network) == (PHONE, HOME)
    assert (made.expires_at, made.ends_at) == (service.now + IDLE, service.now + LONGEST)
    kept = service.binding.account(made)
    assert set(kept.logins) == {"user:ada"}
    assert PASSWORD not in (kept.password_hash or "")


def test_a_taken_username_is_refused() -> None:
    """The second account of a name, in any spelling, is not made."""
    service = Service()
    first = signed_up(service)
    with pytest.raises(LoginTaken):
        signed_up(service, " ADA ")
    assert list(service.rows.accounts) == [first.account_id]
    assert len(service.rows.sessions) == 1


def test_signing_up_can_be_switched_off() -> None:
    """Where the stack does not allow it nothing is made."""
    service = Service(sign_up_allowed=False)
    with pytest.raises(Forbidden):
        signed_up(service)
    assert service.calls == []


@pytest.mark.parametrize("login", ["ada@example.com", "+44 7700 900123", "device:1", ""])
def test_only_a_username_signs_up(login: str) -> None:
    """A number or an address must be proved first, so that nobody takes another's."""
    service = Service()
    with pytest.raises(InvalidRequest):
        signed_up(service, login)
    assert service.calls == []


def test_a11_a_device_that_could_mislead_is_refused() -> None:
    """A11: neither signing up nor signing in takes a name that could pose as another."""
    service = Service()
    spoof = Device("phone", "Ada\u202e")
    with pytest.raises(InvalidRequest):
        service.passwords.sign_up("ada", PASSWORD, spoof, HOME)
    with pytest.raises(InvalidRequest):
        service.passwords.sign_in("ada", PASSWORD, spoof, HOME)
    assert service.calls == []


# Signing in.


def test_r1_9_login_and_password_sign_in(password_hash: str) -> None:
    """R1.9: any bound login and the password give a session; the account's other connections are told."""
    service = Service()
    service.account("ada", "countess", password_hash=password_hash)
    service.approver("PHONE")
    grant = sign_in(service, "COUNTESS")
    assert (grant.account_id, grant.new_account) == (ADA, None)
    assert service.control.alive(who(grant)).login == "countess"
    (push,) = service.pushed("socket of PHONE")
    assert isinstance(push, SessionStarted)
    assert (push.session_id, push.method, push.current) == (grant.session_id, "password", False)


def test_r1_9_a_signed_in_device_becomes_an_approver(password_hash: str) -> None:
    """R1.9: the session that came in by password opens its connection and is asked."""
    service = Service()
    service.account("ada", password_hash=password_hash)
    grant = sign_in(service)
    service.connect(service.control.alive(who(grant)), "socket")
    started = service.start()
    assert service.answer(started, "allow", by=who(grant)) == "allowed"


def test_a4_all_failures_look_the_same(password_hash: str) -> None:
    """A4: an unknown login, a wrong password and an account without one give the same error and the same calls."""
    told, calls = set(), set()
    for login, password in (("nobody", PASSWORD), ("ada", "wrong horse"), ("phones", PASSWORD)):
        service = Service()
        service.account("ada", password_hash=password_hash)
        service.account("phones", account_id=GRACE)
        service.calls.clear()
        with pytest.raises(InvalidCredentials) as refusal:
            sign_in(service, login, password)
        told.add((refusal.value.code, refusal.value.detail, refusal.value.retry_after))
        calls.add(tuple(service.calls))
        assert service.rows.sessions == {}
    assert len(told) == 1
    assert len(calls) == 1


def failed(service: Service, times: int, login: str = "ada") -> None:
    """So many failures."""
    for _ in range(times):
        with pytest.raises(InvalidCredentials):
            sign_in(service, login, "wrong horse")


def test_a1_an_address_tries_so_many_passwords_at_all_logins_together(password_hash: str) -> None:
    """A1: one password for many logins is held back by the address it comes from; other addresses are not."""
    service = Service(starts_per_minute=3)
    service.account("ada", password_hash=password_hash)
    for login in ("grace", "mary", "ada"):
        failed(service, 1, login)
    for login in ("nobody", "ada"):
        with pytest.raises(SlowDown) as refusal:
            sign_in(service, login, PASSWORD)
        assert refusal.value.retry_after == 60
    sign_in(service, "ada", PASSWORD, network=Network("81.2.69.161"))
    service.wait(60)
    sign_in(service, "ada", PASSWORD)


def test_a1_who_knows_the_password_uses_up_nothing_of_the_address(password_hash: str) -> None:
    """A1: of many people behind one address only those who guess are held back."""
    service = Service(starts_per_minute=3)
    service.account("ada", password_hash=password_hash)
    service.account("grace", account_id=GRACE, password_hash=password_hash)
    for name in 3 * ("ada", "grace"):
        sign_in(service, name, PASSWORD)
    failed(service, 3)


def test_a1_a_password_opens_so_many_sessions_in_an_hour(password_hash: str) -> None:
    """A1, R2.1: who knows it does not make the account's list too long to be read; other accounts are not affected."""
    service = Service(starts_per_minute=3)
    service.account("ada", "countess", password_hash=password_hash)
    service.account("grace", account_id=GRACE, password_hash=password_hash)
    for name in ("ada", "countess", "ada"):
        sign_in(service, name, PASSWORD)
    with pytest.raises(SlowDown) as refusal:
        sign_in(service, "countess", PASSWORD)
    assert 0 < (refusal.value.retry_after or 0) <= 3600
    sign_in(service, "grace", PASSWORD)
    assert len(service.stores.sessions.of_account(ADA)) == 3
    service.wait(3600)
    sign_in(service, "ada", PASSWORD)


def test_a1_an_address_makes_so_many_accounts() -> None:
    """A1: where anybody may sign up, one address makes no more accounts in a minute than it may start sign-ins."""
    service = Service(starts_per_minute=2)
    for name in ("ada", "grace"):
        service.passwords.sign_up(name, PASSWORD, PHONE, HOME)
    with pytest.raises(SlowDown):
        service.passwords.sign_up("mary", PASSWORD, PHONE, HOME)
    assert len(service.rows.accounts) == 2


def test_a1_ten_failed_passwords_lock_a_login_for_a_while() -> None:
    """A1: the eleventh try in 15 minutes is refused though it be right, and other logins are not affected."""
    service = Service()
    service.account("ada", "countess", password_hash=CHEAP)
    failed(service, 10)
    with pytest.raises(SlowDown) as refusal:
        sign_in(service)
    assert refusal.value.retry_after == 900
    failed(service, 1, "countess")
    service.wait(900)
    failed(service, 1)


def test_a4_a_success_is_not_counted_and_forgets_no_failures(password_hash: str) -> None:
    """A1, A4: whoever guesses at a login would see that somebody has signed in with it, and have ten tries more."""
    service = Service()
    service.account("ada", password_hash=password_hash)
    failed(service, 9)
    for _ in range(3):
        sign_in(service)
    failed(service, 1)
    with pytest.raises(SlowDown):
        sign_in(service)


def test_a1_an_address_past_its_limit_uses_up_nobody_s_tries(password_hash: str) -> None:
    """A1: else one address would lock everybody out: what it is refused counts for no login."""
    service = Service(starts_per_minute=3)
    service.account("ada", password_hash=password_hash)
    failed(service, 3, "nobody")
    for _ in range(20):
        with pytest.raises(SlowDown):
            service.passwords.sign_in("ada", "wrong horse", PHONE, HOME)
    assert service.passwords.sign_in("ada", PASSWORD, PHONE, Network("203.0.113.9"))


def test_a_token_that_cannot_be_signed_leaves_no_session(password_hash: str) -> None:
    """Where the key does not answer nobody is half signed in."""
    service = Service()
    service.account("ada", password_hash=password_hash)
    service.signer.out_of_order = True
    with pytest.raises(ConnectionError):
        sign_in(service)
    assert service.rows.sessions == {}


# Refreshing.


def with_session() -> tuple[Service, Grant]:
    """Ada let herself in on a second device."""
    service = Service()
    service.account("ada")
    phone = service.approver("PHONE")
    started = service.start()
    service.answer(started, "allow", by=phone)
    grant = service.redeem(started)
    service.sockets.posted.clear()
    return service, grant


def test_s3_a_refresh_token_gives_the_next_grant() -> None:
    """S3: same account and session, new tokens; the session was seen and lives on."""
    service, grant = with_session()
    service.wait(500)
    fresh = service.refreshing.refresh(grant.refresh_token)
    assert who(fresh) == who(grant)
    assert fresh.refresh_token != grant.refresh_token
    assert fresh.access_token != grant.access_token
    kept = service.control.alive(who(grant))
    assert (kept.last_seen_at, kept.expires_at) == (service.now, service.now + IDLE)


def test_s3_tokens_of_a_session_follow_one_another() -> None:
    """S3: each token works once, in turn, for as long as the session lives."""
    service, grant = with_session()
    for _ in range(5):
        grant = service.refreshing.refresh(grant.refresh_token)
    assert service.control.alive(who(grant)).session_id == grant.session_id


@pytest.mark.parametrize("age", [1, 2, 4])
def test_s3_a_reused_token_ends_the_session(age: int) -> None:
    """S3: any earlier token, however old, ends the session; then the current token is worth nothing either."""
    service, grant = with_session()
    tokens = [grant.refresh_token]
    for _ in range(4):
        tokens.append(service.refreshing.refresh(tokens[-1]).refresh_token)
    service.connect(service.control.alive(who(grant)), "socket")
    with pytest.raises(InvalidToken):
        service.refreshing.refresh(tokens[-1 - age])
    with pytest.raises(InvalidToken):
        service.control.alive(who(grant))
    with pytest.raises(InvalidToken):
        service.refreshing.refresh(tokens[-1])
    assert "socket" not in service.sockets.open
    assert service.pushed("socket of PHONE") == [SessionEnded(grant.session_id)]


def test_s3_refreshing_once_more_closes_what_was_left_open() -> None:
    """S3: where the end by a replayed token did not come to closing, the next attempt with any of its tokens does."""
    service, grant = with_session()
    current = service.refreshing.refresh(grant.refresh_token).refresh_token
    service.connect(service.control.alive(who(grant)), "socket")
    service.failing(0, "connections.of")
    with pytest.raises(InvalidToken):
        service.refreshing.refresh(grant.refresh_token)
    assert "socket" in service.sockets.open
    with pytest.raises(InvalidToken):
        service.refreshing.refresh(current)
    assert "socket" not in service.sockets.open


def test_s3_a_made_up_token_ends_nothing() -> None:
    """S3: who knows the ids of a session, but none of its tokens, cannot end it by guessing."""
    service, grant = with_session()
    real = parse_refresh_token(grant.refresh_token)
    guesses = [
        f"{real.account_id}.{real.session_id}.guess.guess",
        f"{real.account_id}.{real.session_id}.guess.{real.secret}",
        f"{real.account_id}.PHONE.{real.family}.{real.secret}",
        f"{GRACE}.{real.session_id}.{real.family}.{real.secret}",
    ]
    for guess in guesses:
        with pytest.raises(InvalidToken):
            service.refreshing.refresh(guess)
    assert service.refreshing.refresh(grant.refresh_token).session_id == grant.session_id


def test_s3_only_hashes_are_kept() -> None:
    """S3: neither part of a refresh token stands in the session's row."""
    service, grant = with_session()
    token = parse_refresh_token(grant.refresh_token)
    kept = str(service.rows.sessions[ADA, grant.session_id])
    assert token.secret not in kept
    assert token.family not in kept


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "a.b.c.d", "ä.b.c.d"])
def test_s3_what_is_no_token_is_refused(text: str) -> None:
    """S3: it is an invalid token like any other."""
    service, _ = with_session()
    with pytest.raises(InvalidToken):
        service.refreshing.refresh(text)


def test_s2_an_ended_session_is_not_refreshed() -> None:
    """S2: its refresh token died with it."""
    service, grant = with_session()
    service.control.end(grant.session_id, by=who(grant))
    with pytest.raises(InvalidToken):
        service.refreshing.refresh(grant.refresh_token)


def test_a_session_that_ran_out_is_not_refreshed_and_not_taken_for_stolen() -> None:
    """After its idle time the current token is refused, without an alarm to the account."""
    service, grant = with_session()
    service.now += IDLE
    with pytest.raises(InvalidToken):
        service.refreshing.refresh(grant.refresh_token)
    assert service.sockets.posted == {}


def test_refreshing_does_not_outlive_the_longest_life() -> None:
    """However often it is refreshed, a session ends after its longest life."""
    service, grant = with_session()
    for _ in range(3):
        service.now += LONGEST / 4
        grant = service.refreshing.refresh(grant.refresh_token)
    service.now += LONGEST / 4
    with pytest.raises(InvalidToken):
        service.control.alive(who(grant))
    with pytest.raises(InvalidToken):
        service.refreshing.refresh(grant.refresh_token)


def test_s3_of_two_refreshes_at_once_one_gets_a_grant() -> None:
    """S3: the slower one is refused; as it replays a used token, it ends the session."""
    service, grant = with_session()
    fresh = []
    service.meanwhile["sessions.rotate"] = lambda: fresh.append(service.refreshing.refresh(grant.refresh_token))
    with pytest.raises(InvalidToken):
        service.refreshing.refresh(grant.refresh_token)
    assert len(fresh) == 1
    with pytest.raises(InvalidToken):
        service.control.alive(who(grant))


def test_a_refresh_that_is_repeated_gets_the_same_token_again() -> None:
    """With the same key: the first answer was lost, and the client is not taken for a thief."""
    service, grant = with_session()
    first = service.refreshing.refresh(grant.refresh_token, "k" * 22)
    service.wait(30)
    again = service.refreshing.refresh(grant.refresh_token, "k" * 22)
    assert again.refresh_token == first.refresh_token
    assert service.refreshing.refresh(again.refresh_token).session_id == grant.session_id


def test_one_refresh_that_comes_twice_at_once_gives_one_token() -> None:
    """Both are answered with it, and the session lives on."""
    service, grant = with_session()
    fresh = []
    service.meanwhile["sessions.rotate"] = lambda: fresh.append(
        service.refreshing.refresh(grant.refresh_token, "k" * 22)
    )
    again = service.refreshing.refresh(grant.refresh_token, "k" * 22)
    assert again.refresh_token == fresh[0].refresh_token
    assert service.control.alive(who(grant)).session_id == grant.session_id


@pytest.mark.parametrize("key", [None, "l" * 22])
def test_s3_a_used_token_with_another_key_ends_the_session(key: str | None) -> None:
    """S3: a thief has the token, and not the key that the owner drew."""
    service, grant = with_session()
    fresh = service.refreshing.refresh(grant.refresh_token, "k" * 22)
    with pytest.raises(InvalidToken):
        service.refreshing.refresh(grant.refresh_token, key)
    with pytest.raises(InvalidToken):
        service.refreshing.refresh(fresh.refresh_token)


def test_s3_a_repeated_refresh_whose_answer_was_used_ends_the_session() -> None:
    """S3: who has used the answer has heard it; the request that comes once more is a copy."""
    service, grant = with_session()
    first = service.refreshing.refresh(grant.refresh_token, "k" * 22)
    second = service.refreshing.refresh(first.refresh_token)
    with pytest.raises(InvalidToken):
        service.refreshing.refresh(grant.refresh_token, "k" * 22)
    with pytest.raises(InvalidToken):
        service.refreshing.refresh(second.refresh_token)
