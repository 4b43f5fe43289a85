"""Attacks by text message (T2-T7)."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from local.device import new_identifier
from tests.target import Target, body_of, fresh_number, outcome

TEXTING = pytest.mark.usefixtures("_texting")


def test_t2_identifiers_cannot_be_guessed(target: Target) -> None:
    """T2: whoever tries identifiers is told of each that there is no such sign-in."""
    for _ in range(5):
        response = target.client.post(f"/sign-ins/{new_identifier()}/redeem", json={"verifier": "v" * 43})
        assert outcome(response) == (404, "unknown_sign_in")


@TEXTING
def test_t5_who_only_saw_the_text_cannot_redeem(target: Target) -> None:
    """T5: the identifier without the verifier is nothing, before the text and after it."""
    sender, phone = target.sender(), target.device("Bob's phone", "phone")
    sign_in = phone.start_by_text()
    assert outcome(sign_in.redeem(secrets.token_urlsafe(32))) == (404, "unknown_sign_in")
    sender.send(body_of(sign_in))
    assert outcome(sign_in.redeem(secrets.token_urlsafe(32))) == (404, "unknown_sign_in")
    assert phone.redeem(sign_in).status_code == 200


@TEXTING
def test_t1_a_call_that_the_gateway_did_not_sign_is_refused(target: Target) -> None:
    """T1: another key, an altered number, no signature, a signature from five minutes ago: nothing comes of any.

    Nor is the message taken for seen: the genuine call, with the same id, acts afterwards.
    """
    phone = target.device("Bob's phone", "phone")
    sign_in = phone.start_by_text()
    sender, victim = target.sender(), target.sender()
    message_id = secrets.token_hex(16)
    genuine = sender.call(body_of(sign_in), message_id=message_id)
    altered = genuine.body.replace(sender.number.encode(), victim.number.encode())
    assert altered != genuine.body
    forged = [
        sender.call(body_of(sign_in), keys={"secret": "a guess"}, message_id=message_id),
        replace(genuine, body=altered),
        replace(genuine, headers={"Content-Type": "application/json"}),
        sender.call(body_of(sign_in), ago=310, message_id=message_id),
    ]
    for call in forged:
        assert outcome(sender.deliver(call)) == (401, "invalid_signature")
    assert sign_in.redeem().json()["status"] == "started"
    assert sender.deliver(genuine).status_code == 200
    assert phone.redeem(sign_in).status_code == 200


@TEXTING
def test_t3_an_identifier_from_two_numbers_is_void_for_both(target: Target) -> None:
    """T3: a thief texts what the owner's screen shows, before the owner or after: the sign-in is nobody's."""
    sign_in = target.device("Bob's phone", "phone").start_by_text()
    for _ in range(2):
        assert target.sender().send(body_of(sign_in)).status_code == 200
    assert outcome(sign_in.redeem()) == (403, "denied")


@TEXTING
def test_t4_a_call_that_is_replayed_acts_once(target: Target) -> None:
    """T1, T4: the very same call at once and later brings one session, and a later sign-in nothing."""
    sender, phone = target.sender(), target.device("Bob's phone", "phone")
    sign_in = phone.start_by_text()
    call = sender.call(body_of(sign_in))
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: sender.deliver(call).status_code, range(5)))
    assert set(answers) <= {200, 503}
    assert phone.redeem(sign_in).status_code == 200
    assert sender.deliver(call).status_code == 200
    assert len(target.sessions_of(phone)) == 1


@TEXTING
@pytest.mark.parametrize("sender", ["BANK", "72345", "+442079460123", "07700900123", "user:bob"])
def test_t6_a_sender_that_is_no_phone_signs_nobody_in(target: Target, sender: str) -> None:
    """T6: names, short codes, landlines and numbers without a country code are refused."""
    sign_in = target.device("Bob's phone", "phone").start_by_text()
    assert outcome(target.sender(sender).send(body_of(sign_in))) == (400, "invalid_request")
    assert sign_in.redeem().json()["status"] == "started"


@TEXTING
def test_t7_the_owner_is_told_of_a_phone_that_was_talked_into_it(target: Target) -> None:
    """T7: "text this for me": every other session of the account hears of the new one at once, and can end it."""
    number = fresh_number()
    owner = target.texted(number)
    with owner.approving() as connection:
        stranger = target.device("Somebody's phone", "phone")
        sign_in = stranger.start_by_text()
        assert target.sender(number).send(body_of(sign_in)).status_code == 200
        if stranger.redeem(sign_in).status_code == 202:
            # Where the stack demands it, the owner is asked, and says no.
            connection.expect("prompt")
            connection.ask("answer", sign_in_id=sign_in.id, decision="deny")
            assert outcome(sign_in.redeem()) == (403, "denied")
            return
        told = connection.expect("sessionStarted")
        assert (told["session_id"], told["method"]) == (stranger.session_id, "phone")
        assert connection.ask("endSession", session_id=stranger.session_id)["ended"] == [stranger.session_id]
        assert outcome(stranger.call("GET", "/sessions")) == (401, "invalid_token")


@TEXTING
def test_t7_whoever_was_let_in_by_a_text_is_out_after_no(target: Target) -> None:
    """T7, T4: also a phone that has not collected yet; and a NO that comes again ends nothing that began after it."""
    number = fresh_number()
    sender, stranger = target.sender(number), target.texted(number, "Somebody's phone")
    sign_in = target.device("Somebody's tablet", "tablet").start_by_text()
    assert sender.send(body_of(sign_in)).status_code == 200
    no = sender.call("NO")
    assert sender.deliver(no).status_code == 200
    assert outcome(stranger.call("GET", "/sessions")) == (401, "invalid_token")
    assert outcome(sign_in.redeem()) == (403, "denied")
    owner = target.texted(number)
    assert owner.grant["account_id"] == stranger.grant["account_id"]
    assert sender.deliver(no).status_code == 200
    assert owner.call("GET", "/sessions").status_code == 200
