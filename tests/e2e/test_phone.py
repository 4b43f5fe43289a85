"""Flow 2 through the deployed stack: one text message signs a phone up and in (R3.1-R3.6, T2-T7)."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.device import Device, SignIn, new_identifier
from local.phone import Handset
from tests.confidential import HEARD
from tests.logs import PRINTING, events, leaks
from tests.stacks import PASSWORD, Deploy, Stack, body_of


def expired(stack: Stack, sign_in: SignIn) -> SignIn:
    """A sign-in whose time has run out, past the service."""
    (row,) = stack.items("SignIns", "sign_in_id", sign_in.id)
    past = datetime.now(UTC) - timedelta(seconds=1)
    stack.put("SignIns", {**row, "expires_at": {"N": str(int(past.timestamp() * 1_000_000))}})
    return sign_in


def cancelled(sign_in: SignIn) -> SignIn:
    """A sign-in that its phone has given up."""
    assert sign_in.cancel().status_code == 204
    return sign_in


def binding_text(device: Device, handset: Handset) -> str:
    """What a signed-in device is told to have texted, so that a number is bound."""
    response = device.call("POST", "/account/logins", {"login": handset.number})
    assert response.status_code == 202, response.text
    body: str = response.json()["sms"]["body"]
    return body


def password_in(text: str) -> str:
    """The initial password that a text tells."""
    return text.partition("password ")[2].split()[0]


def code_of(response: Any) -> tuple[int, str]:
    """Status and code of a refusal."""
    return response.status_code, response.json()["code"]


def test_r3_1_a_phone_registers_its_identifier(stack: Stack) -> None:
    """R3.1: the identifier becomes the sign-in's id, lives ten minutes, and the text to send is told with it."""
    phone, identifier = stack.device("Bob's phone", "phone"), new_identifier()
    response = phone.request_phone_start(identifier, secrets.token_urlsafe(32))
    assert response.status_code == 201
    started = response.json()
    assert (started["sign_in_id"], started["method"], started["status"]) == (identifier, "phone", "started")
    assert (started["expires_in"], started["interval"]) == (600, 5)
    assert started["sms"]["to"] == stack.network.number
    assert all(part in started["sms"]["body"] for part in (identifier, "Nod", "Never send this for somebody else"))
    assert "verification" not in started
    assert code_of(phone.request_phone_start(identifier, secrets.token_urlsafe(32))) == (409, "identifier_used")


@pytest.mark.parametrize("identifier", ["", "SHORT", "U" * 26, "0" * 27, "0" * 25 + "\n", "0" * 26 + "\n", "a" * 26])
def test_i2_an_identifier_is_26_characters_of_crockford(stack: Stack, identifier: str) -> None:
    """I2: anything else is refused, and no sign-in is made."""
    response = stack.device().request_phone_start(identifier, secrets.token_urlsafe(32))
    assert code_of(response) == (400, "invalid_request")


def test_r3_3_the_identifier_is_found_in_what_phones_make_of_the_text(stack: Stack) -> None:
    """R3.3: quotes, a signature, line breaks in the middle and other case do not hide it."""
    handset = stack.handset()
    for garble in (
        lambda body: f"> {body.lower()}\n\n-- \nSent from my phone",
        lambda body: body.replace("Code: ", "Code:\n").replace(body[-14:-1], f"\n{body[-14:-1]}"),
        lambda body: "\u201c" + body.upper() + "\u201d",
    ):
        phone = stack.device("Bob's phone", "phone")
        sign_in = phone.start_by_text()
        assert handset.send(garble(body_of(sign_in))).status_code == 200
        assert phone.redeem(sign_in).status_code == 200


def test_r3_3_an_identifier_that_is_no_good_is_answered_with_why(stack: Stack) -> None:
    """R3.3: none, unknown, expired, used: each is told by its own text, no account is made, nothing is let in."""
    texts = {
        "no code": "let me in",
        "not known": f"Code: {new_identifier()}.",
        "has expired": body_of(expired(stack, stack.device().start_by_text())),
        "was cancelled": body_of(cancelled(stack.device().start_by_text())),
    }
    for why, text in texts.items():
        handset = stack.handset()
        assert handset.send(text).status_code == 200
        (told,) = handset.unread()
        assert why in told
        assert stack.items("Logins", "login", f"tel:{handset.number}") == []


def test_r3_3_a_used_identifier_is_told_and_does_nothing(stack: Stack) -> None:
    """R3.3: an identifier lets one session in; sent once more, before the redeem and after it, it is used."""
    handset, phone = stack.handset(), stack.device("Bob's phone", "phone")
    sign_in = phone.start_by_text()
    handset.send(body_of(sign_in))
    handset.next_text()
    handset.send(body_of(sign_in))
    assert phone.redeem(sign_in).status_code == 200
    handset.send(body_of(sign_in))
    assert [("used before" in text) for text in handset.unread()] == [True, True]
    assert len(phone.call("GET", "/sessions").json()["sessions"]) == 1


def test_r3_3_refusals_to_one_number_are_few(stack: Stack) -> None:
    """R3.3: of ten wrong texts within the hour, three are answered."""
    handset = stack.handset()
    for _ in range(10):
        assert handset.send(f"Code: {new_identifier()}.").status_code == 200
    assert len(handset.unread()) == 3


def test_r3_4_a_known_number_gets_its_account(stack: Stack) -> None:
    """R3.4: a second phone with the same number is let into the same account, which is not new then."""
    handset = stack.handset()
    first, second = stack.texted_in(handset), stack.texted_in(handset)
    assert first.grant["new_account"] is True
    assert "new_account" not in second.grant
    assert first.grant["account_id"] == second.grant["account_id"]
    (session,) = [one for one in second.call("GET", "/sessions").json()["sessions"] if one["current"]]
    assert (session["method"], session["login"], session["let_in_by"]) == ("phone", handset.number, None)


def test_r3_5_the_phone_polls_until_its_text_arrived(stack: Stack) -> None:
    """R3.5: before the text the poll says `started`; a number that was never texted gets no session."""
    handset, phone = stack.handset(), stack.device("Bob's phone", "phone")
    sign_in = phone.start_by_text()
    polled = sign_in.redeem()
    assert (polled.status_code, polled.json()) == (202, {"status": "started", "interval": 5})
    handset.send(body_of(sign_in))
    assert phone.redeem(sign_in).status_code == 200
    assert code_of(sign_in.redeem()) == (409, "already_redeemed")


def test_r3_6_the_initial_password_works_once_and_is_changed(stack: Stack) -> None:
    """R3.6: the new account's login and password are texted; it opens one session, which sets another."""
    handset = stack.handset()
    phone = stack.texted_in(handset)
    text = handset.next_text()
    initial = password_in(text)
    assert f"Login {handset.number}" in text
    pc = stack.device()
    assert pc.sign_in(handset.number, initial).status_code == 201
    assert code_of(stack.device().sign_in(handset.number, initial)) == (401, "invalid_credentials")
    wrong = pc.call("PUT", "/account/password", {"current": "not this one", "new": PASSWORD})
    assert code_of(wrong) == (401, "invalid_credentials")
    assert pc.call("PUT", "/account/password", {"current": initial, "new": PASSWORD}).status_code == 204
    assert stack.device().sign_in(handset.number, PASSWORD).status_code == 201
    # From now on it is the owner's own: to change it takes the current one.
    refused = phone.call("PUT", "/account/password", {"new": "something quite else"})
    assert code_of(refused) == (401, "invalid_credentials")
    stack.texted_in(handset)
    assert "password" not in handset.next_text()


def test_r3_6_no_password_is_texted_where_the_stack_says_so(demanding: Stack) -> None:
    """R3.6: with `SendAccountSms` off the text names the device only, and the account has no password."""
    handset = demanding.handset()
    phone = demanding.texted_in(handset)
    assert "password" not in handset.next_text()
    assert phone.call("PUT", "/account/password", {"new": PASSWORD}).status_code == 204
    assert demanding.device().sign_in(handset.number, PASSWORD).status_code == 201


@pytest.mark.parametrize("thief_first", [True, False])
def test_t3_an_identifier_from_two_numbers_is_void(stack: Stack, thief_first: bool) -> None:
    """T3: before it is redeemed, the second number makes it void for both, whichever comes first."""
    handsets = [stack.handset(), stack.handset()]
    sign_in = stack.device("Bob's phone", "phone").start_by_text()
    first, second = reversed(handsets) if thief_first else handsets
    with sign_in.waiting() as waiting:
        waiting.ask("hello")
        first.send(body_of(sign_in))
        assert waiting.expect("signInResolved")["status"] == "allowed"
        second.send(body_of(sign_in))
        assert waiting.expect("signInResolved")["status"] == "denied"
    assert "two numbers" in second.next_text()
    assert code_of(sign_in.redeem()) == (403, "denied")
    first.send(body_of(sign_in))
    assert code_of(sign_in.redeem()) == (403, "denied")


def test_t3_two_numbers_at_once_are_void(stack: Stack) -> None:
    """T3: the same under a race: however two texts with one identifier meet, nobody is signed in."""
    for _ in range(5):
        handsets = [stack.handset(), stack.handset()]
        sign_in = stack.device().start_by_text()
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda handset: handset.send(body_of(sign_in)), handsets))  # noqa: B023 - mapped here.
        assert [answer.status_code for answer in answers] == [200, 200]
        assert code_of(sign_in.redeem()) == (403, "denied")


def test_r3_4_texts_of_a_new_number_at_once_make_one_account(stack: Stack) -> None:
    """R3.4: eight phones with one new number text at the same time: all are let into one account, made once."""
    handset = stack.handset()
    phones = [stack.device(f"Phone {index}", "phone") for index in range(8)]
    sign_ins = [phone.start_by_text() for phone in phones]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda sign_in: handset.send(body_of(sign_in)), sign_ins))
    assert [answer.status_code for answer in answers] == [200] * 8
    for phone, sign_in in zip(phones, sign_ins, strict=True):
        assert phone.redeem(sign_in).status_code == 200
    assert len({phone.grant["account_id"] for phone in phones}) == 1
    assert sum("new_account" in phone.grant for phone in phones) == 1


def test_t6_every_spelling_is_one_login(stack: Stack) -> None:
    """T6: a number with spaces, brackets, its national zero or a double zero in front is the same login."""
    handset = stack.handset("+447700900456")
    account_id = stack.texted_in(handset).grant["account_id"]
    rest = handset.number.removeprefix("+44")
    for spelling in (f"+44 (0){rest}", f"0044{rest}", f"+44 {rest[:4]} {rest[4:]}", f"+44-{rest}"):
        phone = stack.device("Bob's phone", "phone")
        sign_in = phone.start_by_text()
        assert stack.network.send(body_of(sign_in), sender=spelling).status_code == 200
        assert phone.redeem(sign_in).status_code == 200
        assert phone.grant["account_id"] == account_id


@pytest.mark.parametrize(
    "sender", ["BANK", "72345", "+447", "+442079460123", "+4930123456789", "07700900123", "user:bob"]
)
def test_t6_senders_that_are_no_phones_are_refused(stack: Stack, sender: str) -> None:
    """T6: names, short codes, landlines and numbers without a country code sign nobody in, and are told so."""
    phone = stack.device("Bob's phone", "phone")
    sign_in = phone.start_by_text()
    answer = stack.network.send(body_of(sign_in), sender=sender)
    assert code_of(answer) == (400, "invalid_request")
    # A vendor would deliver again what is refused: it is thanked, and nothing comes of it either.
    assert stack.network.send(body_of(sign_in), sender=sender, gateway="twilio").status_code == 200
    assert sign_in.redeem().status_code == 202


def test_t7_the_others_are_told_of_a_phone_sign_in(stack: Stack) -> None:
    """T7: every other session of the account is told at once, and the text names the device and how to stop it."""
    handset = stack.handset()
    owner = stack.texted_in(handset)
    handset.next_text()
    with owner.approving() as connection:
        intruder = stack.texted_in(handset, "Shiny (http://evil.example)")
        told = connection.expect("sessionStarted")
    assert (told["session_id"], told["method"]) == (intruder.session_id, "phone")
    text = handset.next_text()
    assert "Shiny" in text
    assert f"Text NO to {stack.network.number}" in text
    assert "://" not in text
    assert "evil.example" not in text


def test_t7_no_undoes_what_a_text_has_led_to(stack: Stack) -> None:
    """T7: NO ends what began since the number's first text of the day: its sessions, and whatever those have added."""
    handset, accomplice = stack.handset(), stack.handset()
    owner = stack.person()
    handset.send(binding_text(owner.phone, handset))
    intruder = stack.texted_in(handset, "Intruder")
    accomplice.send(binding_text(intruder, accomplice))
    by_other_number = stack.texted_in(accomplice, "Intruder's second")
    with intruder.approving() as approver:
        let_in = stack.device("Let in by the intruder")
        sign_in = let_in.start(handset.number, verification="none")
        approver.expect("prompt")
        approver.ask("answer", sign_in_id=sign_in.id, decision="allow")
        assert let_in.redeem(sign_in).status_code == 200
    assert intruder.call("DELETE", "/sessions/current").status_code == 200
    stack.handset().send("NO")
    assert by_other_number.call("GET", "/account").status_code == 200
    handset.unread()
    handset.send("No, that was not me!")
    assert "undone" in handset.next_text()
    statuses = [one.call("GET", "/account").status_code for one in (by_other_number, let_in, owner.phone)]
    assert statuses == [401, 401, 200]
    # The number itself was bound within the day, by a text as well: it is free again.
    left = {one["login"] for one in owner.phone.call("GET", "/account").json()["logins"]}
    assert left == {owner.login, f"device:{owner.phone.facts['id']}"}
    assert stack.texted_in(accomplice).grant["new_account"] is True


def test_t7_no_undoes_a_password(stack: Stack) -> None:
    """T7: a password that the intruder has set is gone with its session; the number's owner is let in as before."""
    handset = stack.handset()
    intruder = stack.texted_in(handset, "Intruder")
    initial = password_in(handset.next_text())
    change = {"current": initial, "new": "the intruder's own"}
    assert intruder.call("PUT", "/account/password", change).status_code == 204
    handset.send(f"NO!!\n\n> {body_of(stack.device().start_by_text())}")
    assert "undone" in handset.next_text()
    assert code_of(stack.device().sign_in(handset.number, "the intruder's own")) == (401, "invalid_credentials")
    again = stack.texted_in(handset)
    assert again.grant["account_id"] == intruder.grant["account_id"]


def test_t7_no_comes_in_time_for_what_was_not_redeemed(stack: Stack) -> None:
    """T7: the text was sent, NO follows before the redeem: then there is nothing to redeem."""
    handset, phone = stack.handset(), stack.device("Somebody's phone", "phone")
    stack.texted_in(handset)
    sign_in = phone.start_by_text()
    handset.send(body_of(sign_in))
    handset.send("NO")
    assert code_of(phone.redeem(sign_in)) == (403, "denied")
    assert stack.texted_in(handset)


def test_t7_what_lost_its_number_cannot_be_redeemed(stack: Stack) -> None:
    """T7: a number that was taken from its account since its text arrived lets nobody into that account."""
    alice, handset = stack.person(), stack.handset()
    handset.send(binding_text(alice.phone, handset))
    phone = stack.device("Somebody's phone", "phone")
    sign_in = phone.start_by_text()
    handset.send(body_of(sign_in))
    assert alice.phone.call("DELETE", f"/account/logins/{handset.number}").status_code == 204
    assert code_of(phone.redeem(sign_in)) == (403, "denied")


def test_t5_who_saw_a_binding_text_gets_nothing_of_it(stack: Stack) -> None:
    """T5: an onlooker who starts a sign-in with the identifier of a binding is not let in when the text is sent."""
    ann, handset, onlooker = stack.person(), stack.handset(), stack.device("Onlooker", "phone")
    body = binding_text(ann.phone, handset)
    verifier = secrets.token_urlsafe(32)
    started = onlooker.request_phone_start(body.partition("Code: ")[2].rstrip("."), verifier)
    handset.send(body)
    assert handset.number in {one["login"] for one in ann.phone.call("GET", "/account").json()["logins"]}
    waiting = stack.client.post(f"/sign-ins/{started.json()['sign_in_id']}/redeem", json={"verifier": verifier})
    assert (waiting.status_code, waiting.json()["status"]) == (202, "started")


def ask(stack: Stack, handset: Handset) -> tuple[Device, SignIn]:
    """A stranger's phone whose text was sent by the owner of the number."""
    stranger = stack.device("Somebody's phone", "phone")
    sign_in = stranger.start_by_text()
    assert handset.send(body_of(sign_in)).status_code == 200
    return stranger, sign_in


def test_t7_an_approver_online_must_allow(demanding: Stack) -> None:
    """T7: the text alone lets nobody in; the approver is prompted and hands over the number that the phone shows."""
    handset = demanding.handset()
    owner = demanding.texted_in(handset)
    with owner.approving() as approver:
        handset.unread()
        phone, sign_in = ask(demanding, handset)
        prompt = approver.expect("prompt")
        assert (prompt["sign_in_id"], prompt["method"], prompt["login"]) == (sign_in.id, "phone", handset.number)
        assert (prompt["verification"]["mode"], len(prompt["verification"]["choices"])) == ("choose", 3)
        assert "wants to sign in" in handset.next_text()
        assert sign_in.redeem().json()["status"] == "pending"
        blind = approver.ask("answer", sign_in_id=sign_in.id, decision="allow")
        assert (blind["type"], blind["code"]) == ("error", "code_required")
        answered = approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        assert answered["status"] == "allowed"
        assert phone.redeem(sign_in).status_code == 200
    (session,) = [one for one in phone.call("GET", "/sessions").json()["sessions"] if one["current"]]
    assert session["let_in_by"] == owner.session_id


def test_t7_nobody_online_lets_the_text_alone_decide(demanding: Stack) -> None:
    """T7: where no approver is online, or one only seems to be, the text message is enough."""
    handset = demanding.handset()
    owner = demanding.texted_in(handset)
    assert demanding.texted_in(handset).grant["account_id"] == owner.grant["account_id"]
    # One that went without a word long ago: its row is left.
    row = {
        "owner": {"S": owner.grant["account_id"]},
        "connection_id": {"S": "long-gone"},
        "purpose": {"S": "approve"},
        "ip": {"S": "127.0.0.1"},
        "session_id": {"S": owner.session_id},
        "connected_at": {"N": str(int((datetime.now(UTC) - timedelta(minutes=5)).timestamp() * 1_000_000))},
        "forget_at": {"N": "4102444800"},
    }
    demanding.put("Connections", row)
    assert demanding.texted_in(handset).grant["account_id"] == owner.grant["account_id"]
    assert demanding.items("Connections", "owner", owner.grant["account_id"]) == []


def test_t7_a_denied_or_reported_text_lets_nobody_in(demanding: Stack) -> None:
    """T7, A12: a denial is told; after a report the phone sees nothing of it, and further texts are held back."""
    handset = demanding.handset()
    owner = demanding.texted_in(handset)
    with owner.approving() as approver:
        _, denied = ask(demanding, handset)
        approver.expect("prompt")
        approver.ask("answer", sign_in_id=denied.id, decision="deny")
        assert code_of(denied.redeem()) == (403, "denied")
        _, reported = ask(demanding, handset)
        approver.expect("prompt")
        approver.ask("answer", sign_in_id=reported.id, decision="report")
        assert reported.redeem().json()["status"] == "pending"
        handset.unread()
        _, held = ask(demanding, handset)
        assert approver.settled() == []
        assert "held back" in handset.next_text()
        assert held.redeem().json()["status"] == "started"


def test_t3_a_second_number_closes_the_prompt(demanding: Stack) -> None:
    """T3: where an approver is being asked, the second number makes the sign-in void, and the prompt closes."""
    handset = demanding.handset()
    owner = demanding.texted_in(handset)
    with owner.approving() as approver:
        _, sign_in = ask(demanding, handset)
        approver.expect("prompt")
        demanding.handset().send(body_of(sign_in))
        closed = approver.expect("promptClosed")
        assert (closed["sign_in_id"], closed["status"]) == (sign_in.id, "denied")
        late = approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        assert late["code"] == "already_answered"
    assert code_of(sign_in.redeem()) == (403, "denied")


def test_texts_can_go_to_the_console(deploy: Deploy) -> None:
    """For development: with `TextSender=console` texts stand in the function's log, and none is sent."""
    console = deploy(PRINTING, TextSender="console")
    handset = console.handset()
    console.texted_in(handset)
    assert handset.unread() == []
    said = list(events(console.cloud, f"/nod/{PRINTING}/sms"))
    assert any(f"Text to {handset.number}: Nod: " in text for _, text in said)
    # Elsewhere that would be found at the end of the run.
    assert "phone number" in {leak.kind for _, leak in leaks(iter(said), HEARD)}


def test_r3_1_no_number_no_phone_sign_in(deploy: Deploy) -> None:
    """R3.1: a stack that cannot be texted says so."""
    mute = deploy("nod-mute", SmsNumber="", MailFrom="")
    response = mute.device().request_phone_start(new_identifier(), secrets.token_urlsafe(32))
    assert code_of(response) == (403, "forbidden")
    alice = mute.person()
    for login in ("+447700900123", "alice@example.org"):
        assert code_of(alice.phone.call("POST", "/account/logins", {"login": login})) == (403, "forbidden")
