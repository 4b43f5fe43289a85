"""Sign-ins that are interrupted: at `yield` everything is killed, and started again; then the scene goes on.

What AWS would have kept is still there then, and no connection is. Nobody has said goodbye, so the rows of the
connections that broke off are there as well.
"""

from collections.abc import Callable, Generator

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from local.device import Device, SignIn, Socket
from tests.handing_over import confirm, pair, shown, token_in
from tests.sockets.library import library
from tests.stacks import Person, Stack, body_of, fresh_number
from tests.target import PASSWORD, outcome

Scene = Generator[None, None, None]
Play = Callable[[Stack], Scene]
# What a browser says of a connection whose end nobody announced (RFC 6455 section 7.4.1).
BROKEN_OFF = 1006


def breaks_off(*sockets: Socket) -> None:
    """What the clients see of the end: their connections have closed, and no reason was given."""
    for socket in sockets:
        with pytest.raises(ConnectionClosedError) as ended:
            socket.settled()
        assert ended.value.rcvd is None


def tablet_of(stack: Stack, person: Person) -> Device:
    """A second device of a person, signed in."""
    tablet = stack.device("Alice's tablet", "tablet")
    assert tablet.sign_in(person.login, PASSWORD).status_code == 201
    return tablet


def allow(approver: Socket, sign_in: SignIn) -> None:
    """Answer with the right number."""
    answered = approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
    assert answered["status"] == "allowed"


def prompted(stack: Stack) -> Scene:
    """R1.9, R1.6: whoever comes back is shown the very prompt again and allows; the device, told nothing, polls."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login)
        prompt = approver.expect("prompt")
        with sign_in.waiting() as waiting:
            assert waiting.ask("hello")["status"] == "pending"
            yield
            breaks_off(approver, waiting)
    with pytest.raises(InvalidStatus, match="403"), sign_in.waiting():
        pass  # Its address was good for one time.
    assert sign_in.redeem().status_code == 202
    with alice.phone.approving() as approver:
        assert approver.ask("hello")["prompts"] == [{key: prompt[key] for key in prompt if key != "type"}]
        allow(approver, sign_in)
        assert pc.redeem(sign_in).status_code == 200
        assert approver.expect("sessionStarted")["session_id"] == pc.session_id
        assert approver.settled() == []


def prompted_on_a_page(stack: Stack) -> Scene:
    """R1.9: the client library sees its connection break off (1006), comes back by itself, and has missed nothing."""
    alice, pc = stack.person(), stack.device()
    with library(haste=1) as page:
        assert (page.expect("state"), page.expect("asks")) == ("connecting", "address")
        page.connects(alice.phone.ticket_url())
        sign_in = pc.start(alice.login)
        assert page.expect("frame")["sign_in_id"] == sign_in.id
        yield
        assert page.expect("closed") == BROKEN_OFF
        assert [page.expect("state"), page.expect("state")] == ["waiting", "connecting"]
        assert page.expect("asks") == "address"
        welcome = page.connects(alice.phone.ticket_url())
        assert [one["sign_in_id"] for one in welcome["prompts"]] == [sign_in.id]
        answer = {"sign_in_id": sign_in.id, "decision": "allow", "code": sign_in.code}
        assert page.ask("answer", **answer)["status"] == "allowed"
    assert pc.redeem(sign_in).status_code == 200


def not_waiting_yet(stack: Stack) -> Scene:
    """R1.4: a device that had only started waits on its address afterwards, and is told of the answer given by HTTP."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving():
        sign_in = pc.start(alice.login)
        yield
    with sign_in.waiting() as waiting:
        assert waiting.ask("hello")["status"] == "pending"
        assert [one["sign_in_id"] for one in alice.phone.call("GET", "/prompts").json()["prompts"]] == [sign_in.id]
        answer = {"decision": "allow", "code": sign_in.code}
        assert alice.phone.call("POST", f"/sign-ins/{sign_in.id}/answer", answer).status_code == 200
        assert waiting.expect("signInResolved")["status"] == "allowed"
    assert pc.redeem(sign_in).status_code == 200


def to_be_confirmed(stack: Stack) -> Scene:
    """R1.7: the code of an `echo` sign-in is sent back afterwards, and prompts whoever has come back, once."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving():
        sign_in = pc.start(alice.login, verification="echo")
        yield
    with alice.phone.approving() as approver:
        assert approver.ask("hello")["prompts"] == []
        assert sign_in.confirm(sign_in.code).status_code == 202
        assert [frame["sign_in_id"] for frame in approver.settled()] == [sign_in.id]
        assert len(stack.items("Connections", "owner", alice.account_id)) == 1
        allow(approver, sign_in)
    assert pc.redeem(sign_in).status_code == 200


def allowed(stack: Stack) -> Scene:
    """R1.4, R1.6: what was allowed is redeemed afterwards, once, and is asked about no more."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login)
        allow(approver, sign_in)
        yield
    with alice.phone.approving() as approver:
        assert approver.ask("hello")["prompts"] == []
        assert pc.redeem(sign_in).status_code == 200
        assert approver.expect("sessionStarted")["session_id"] == pc.session_id
    assert outcome(sign_in.redeem()) == (409, "already_redeemed")


def denied(stack: Stack) -> Scene:
    """R1.4: what was denied stays denied."""
    alice = stack.person()
    with alice.phone.approving() as approver:
        sign_in = stack.device().start(alice.login)
        assert approver.ask("answer", sign_in_id=sign_in.id, decision="deny")["status"] == "denied"
        yield
    with alice.phone.approving() as approver:
        late = approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        assert late["code"] == "already_answered"
    assert outcome(sign_in.redeem()) == (403, "denied")


def redeemed(stack: Stack) -> Scene:
    """A7: a device that does not know whether it heard the answer asks again, and has the session that it had."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login)
        allow(approver, sign_in)
        first = sign_in.redeem(key="k" * 32)
        yield
    again = sign_in.redeem(key="k" * 32)
    assert (first.status_code, again.status_code) == (200, 200)
    for same in ("session_id", "refresh_token"):
        assert first.json()[same] == again.json()[same]
    pc.grant = again.json()
    assert pc.refresh().status_code == 200
    assert {one["session_id"] for one in stack.sessions_of(pc)} == {alice.phone.session_id, pc.session_id}


def texted(stack: Stack) -> Scene:
    """R3.5, T4: a text that arrived before is delivered again afterwards; the phone is let in, and once."""
    phone, number = stack.device("Bob's phone", "phone"), fresh_number()
    sign_in = phone.start_by_text()
    call = stack.sender(number).call(body_of(sign_in))
    with sign_in.waiting() as waiting:
        assert stack.sender(number).deliver(call).status_code == 200
        assert waiting.expect("signInResolved")["status"] == "allowed"
        yield
        breaks_off(waiting)
    assert stack.sender(number).deliver(call).status_code == 200
    assert phone.redeem(sign_in).status_code == 200
    assert [one["session_id"] for one in stack.sessions_of(phone)] == [phone.session_id]


def to_be_texted(stack: Stack) -> Scene:
    """R3.5: a text that arrives afterwards lets the phone in that has waited for it from before."""
    phone, number = stack.device("Bob's phone", "phone"), fresh_number()
    sign_in = phone.start_by_text()
    with sign_in.waiting() as waiting:
        assert waiting.ask("hello")["status"] == "started"
        yield
        breaks_off(waiting)
    assert stack.sender(number).send(body_of(sign_in)).status_code == 200
    assert phone.redeem(sign_in).status_code == 200


def code_shown(stack: Stack) -> Scene:
    """R4.1, R4.3: a page that comes back shows a code again, and the phone that had asked scans that one."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        before = shown(page, sign_in)
        yield
        breaks_off(page)
    with ada.pc.handing_over() as page:
        code = shown(page, sign_in)
        assert token_in(code["svg"]) != token_in(before["svg"])
        assert ada.scan(sign_in, code["svg"]).status_code == 200
        assert page.expect("prompt")["sign_in_id"] == sign_in.id
        assert confirm(page, sign_in) == "allowed"
    assert ada.phone.redeem(sign_in).status_code == 200


def scanned(stack: Stack) -> Scene:
    """R4.4: a page that comes back after the scan asks what it had asked, and shows no code."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        assert ada.scan(sign_in, shown(page, sign_in)["svg"]).status_code == 200
        yield
    with ada.pc.handing_over() as page:
        assert [one["sign_in_id"] for one in page.ask("hello")["prompts"]] == [sign_in.id]
        assert page.settled() == []
        assert confirm(page, sign_in) == "allowed"
    assert ada.phone.redeem(sign_in).status_code == 200


def only_one_is_back(stack: Stack) -> Scene:
    """R1.5: of three connections one has come back: it is prompted, once, and the others are forgotten by that."""
    alice = stack.person()
    tablet = tablet_of(stack, alice)
    with alice.phone.approving(), alice.phone.approving(), tablet.approving():
        yield
    assert len(stack.items("Connections", "owner", alice.account_id)) == 3
    with tablet.approving() as approver:
        sign_in = stack.device().start(alice.login)
        assert [frame["sign_in_id"] for frame in approver.settled()] == [sign_in.id]
        (row,) = stack.items("Connections", "owner", alice.account_id)
        assert row["session_id"]["S"] == tablet.session_id


def nobody_is_back(stack: Stack) -> Scene:
    """R1.6: where nobody has come back yet, nobody is online, and nothing is left of those that were."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving():
        yield
    assert outcome(pc.request_start(alice.login, "v" * 43)) == (409, "no_approver_online")
    assert stack.items("Connections", "owner", alice.account_id) == []
    with alice.phone.approving() as approver:
        assert approver.ask("hello")["prompts"] == []
        allow(approver, pc.start(alice.login))


PLAYS: tuple[Play, ...] = (
    prompted,
    prompted_on_a_page,
    not_waiting_yet,
    to_be_confirmed,
    allowed,
    denied,
    redeemed,
    texted,
    to_be_texted,
    code_shown,
    scanned,
    only_one_is_back,
    nobody_is_back,
)
