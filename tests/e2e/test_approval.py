"""Flow 1 through the deployed stack: approval by a signed-in device (R1.1-R1.9)."""

import secrets
from contextlib import ExitStack

import pytest

from local.device import Socket
from tests.stacks import EDGE_SECRET, PASSWORD, Deploy, Person, Stack


def open_approver(person: Person, sockets: ExitStack) -> Socket:
    """A connection of the person's phone as approver."""
    return sockets.enter_context(person.phone.approving())


def test_r1_1_a_login_and_a_device_are_all_it_takes(stack: Stack) -> None:
    """R1.1: a request that carries a login and facts about the device, and no password, starts a sign-in."""
    alice = stack.person()
    with alice.phone.approving():
        response = stack.device().request_start(alice.login, "v" * 43)
    assert response.status_code == 201
    started = response.json()
    assert started["method"] == "approval"
    assert started["status"] == "pending"
    assert started["expires_in"] == 120
    assert started["interval"] == 5
    assert started["waiter"]["url"].startswith(stack.websocket)


def test_r1_2_a_bound_login_reaches_the_same_approvers(stack: Stack) -> None:
    """R1.2: asking with another login of the account prompts the session that signed in with the first one."""
    alice = stack.person()
    nickname = f"nick-{secrets.token_hex(6)}"
    assert alice.phone.call("POST", "/account/logins", {"login": nickname}).status_code == 201
    with alice.phone.approving() as approver:
        sign_in = stack.device().start(nickname.upper())
        prompt = approver.expect("prompt")
    assert prompt["sign_in_id"] == sign_in.id
    assert prompt["login"] == nickname


def test_r1_3_the_prompt_tells_who_asks_from_where(stack: Stack) -> None:
    """R1.3: the prompt has the login, the device, the address, the place, the times and the verification."""
    alice = stack.person()
    with alice.phone.approving() as approver:
        sign_in = stack.device("Kitchen TV", "tv", app="Telly").start(
            alice.login, verification="choose", message="Film night"
        )
        prompt = approver.expect("prompt")
    assert set(prompt) == {
        "type", "sign_in_id", "method", "login", "device", "ip", "place", "created_at", "expires_at", "message",
        "verification",
    }  # fmt: skip
    assert prompt["login"] == alice.login
    assert prompt["device"] == {"type": "tv", "name": "Kitchen TV", "app": "Telly"}
    assert prompt["ip"] == "127.0.0.1"
    assert prompt["message"] == "Film night"
    assert prompt["expires_at"] == sign_in.started["expires_at"]
    assert set(prompt["verification"]) == {"mode", "choices"}


@pytest.mark.parametrize(
    ("secret", "ip", "place"),
    [(EDGE_SECRET, "203.0.113.7", "Leeds, United Kingdom"), ("guessed", "127.0.0.1", "local network")],
)
def test_r1_3_the_place_is_what_a_trusted_edge_says(strict: Stack, secret: str, ip: str, place: str) -> None:
    """R1.3, A11: address and place come from the edge in front if it knows the secret, and never from anybody else."""
    alice = strict.person()
    headers = {
        "X-Nod-Edge": secret,
        "X-Forwarded-For": "198.51.100.9",
        "CloudFront-Viewer-Address": "203.0.113.7:443",
        "CloudFront-Viewer-City": "Leeds",
        "CloudFront-Viewer-Country-Name": "United Kingdom",
    }
    body = {"method": "approval", "login": alice.login, "challenge": "c" * 43, "device": {"type": "tv", "name": "TV"}}
    with alice.phone.approving() as approver:
        assert strict.client.post("/sign-ins", json=body, headers=headers).status_code == 201
        prompt = approver.expect("prompt")
    assert (prompt["ip"], prompt["place"]) == (ip, place)


def test_r1_4_allowing_lets_the_device_in(stack: Stack) -> None:
    """R1.4: an allowed sign-in is redeemed for a session of the account, and the waiting device is told."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login, verification="none")
        approver.expect("prompt")
        with sign_in.waiting() as waiting:
            assert waiting.ask("hello")["status"] == "pending"
            answered = approver.ask("answer", sign_in_id=sign_in.id, decision="allow")
            assert answered["status"] == "allowed"
            assert waiting.expect("signInResolved")["status"] == "allowed"
    assert pc.redeem(sign_in).status_code == 200
    assert pc.grant["account_id"] == alice.account_id
    assert pc.call("GET", "/account").status_code == 200


def test_r1_4_denying_refuses_the_device(stack: Stack) -> None:
    """R1.4: a denied sign-in cannot be redeemed, and the waiting device is told."""
    alice = stack.person()
    with alice.phone.approving() as approver:
        sign_in = stack.device().start(alice.login)
        approver.expect("prompt")
        with sign_in.waiting() as waiting:
            assert waiting.ask("hello")["status"] == "pending"
            assert approver.ask("answer", sign_in_id=sign_in.id, decision="deny")["status"] == "denied"
            assert waiting.expect("signInResolved")["status"] == "denied"
    response = sign_in.redeem()
    assert (response.status_code, response.json()["code"]) == (403, "denied")


def test_r1_4_an_app_woken_by_a_notification_answers_over_http(stack: Stack) -> None:
    """R1.4: prompts are listed and answered over HTTP as over the connection."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login)
        assert approver.expect("prompt")["sign_in_id"] == sign_in.id
        listed = alice.phone.call("GET", "/prompts").json()["prompts"]
        assert [one["sign_in_id"] for one in listed] == [sign_in.id]
        blind = alice.phone.call("POST", f"/sign-ins/{sign_in.id}/answer", {"decision": "allow"})
        assert (blind.status_code, blind.json()["code"]) == (400, "code_required")
        body = {"decision": "allow", "code": sign_in.code}
        answered = alice.phone.call("POST", f"/sign-ins/{sign_in.id}/answer", body)
        assert (answered.status_code, answered.json()) == (200, {"sign_in_id": sign_in.id, "status": "allowed"})
        assert approver.expect("promptClosed")["status"] == "allowed"
    assert alice.phone.call("GET", "/prompts").json() == {"prompts": []}
    assert pc.redeem(sign_in).status_code == 200


def test_r1_5_all_are_prompted_and_the_first_answer_decides(stack: Stack) -> None:
    """R1.5: every approver is prompted; after the first answer the other prompts close and late answers are refused."""
    alice, tablet = stack.person(), stack.device("Alice's tablet", "tablet")
    assert tablet.sign_in(alice.login, PASSWORD).status_code == 201
    with ExitStack() as sockets:
        first = open_approver(alice, sockets)
        second = sockets.enter_context(tablet.approving())
        sign_in = stack.device().start(alice.login)
        assert first.expect("prompt")["sign_in_id"] == second.expect("prompt")["sign_in_id"] == sign_in.id
        assert first.ask("answer", sign_in_id=sign_in.id, decision="deny")["status"] == "denied"
        closed = second.expect("promptClosed")
        assert (closed["sign_in_id"], closed["status"]) == (sign_in.id, "denied")
        late = second.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        assert (late["type"], late["code"]) == ("error", "already_answered")
        assert first.settled() == []
    assert sign_in.redeem().status_code == 403


def test_r1_5_latest_asks_the_last_that_connected(strict: Stack) -> None:
    """R1.5: with the policy `latest` only the approver that connected last is prompted."""
    alice, tablet = strict.person(), strict.device("Alice's tablet", "tablet")
    assert tablet.sign_in(alice.login, PASSWORD).status_code == 201
    with ExitStack() as sockets:
        earlier = open_approver(alice, sockets)
        later = sockets.enter_context(tablet.approving())
        sign_in = strict.device().start(alice.login)
        assert later.expect("prompt")["sign_in_id"] == sign_in.id
        assert earlier.settled() == []
        assert earlier.ask("hello")["prompts"] == []


@pytest.mark.parametrize("policy", ["active", "random"])
def test_r1_5_one_is_asked(deploy: Deploy, policy: str) -> None:
    """R1.5: with the policies `active` and `random` exactly one of two approvers is prompted."""
    stack = deploy(f"nod-{policy}", ApproverPolicy=policy)
    alice, tablet = stack.person(), stack.device("Alice's tablet", "tablet")
    assert tablet.sign_in(alice.login, PASSWORD).status_code == 201
    with ExitStack() as sockets:
        both = [open_approver(alice, sockets), sockets.enter_context(tablet.approving())]
        sign_in = stack.device().start(alice.login)
        prompted = [frame["sign_in_id"] for one in both for frame in one.settled()]
        assert prompted == [sign_in.id]


def test_r1_5_the_one_that_was_asked_finds_the_prompt_on_coming_back(deploy: Deploy) -> None:
    """R1.5, R1.9: the prompt was lost on the way to the one device that is asked; its next connection brings it."""
    stack = deploy("nod-active", ApproverPolicy="active")
    alice, pc, tablet = stack.person(), stack.device(), stack.device("Alice's tablet", "tablet")
    assert tablet.sign_in(alice.login, PASSWORD).status_code == 201
    with tablet.approving() as other, alice.phone.approving():  # The phone's is the more active, and is read no more.
        sign_in = pc.start(alice.login)
        assert other.ask("hello")["prompts"] == []
        with alice.phone.approving() as back:
            assert [one["sign_in_id"] for one in back.ask("hello")["prompts"]] == [sign_in.id]
            answer = back.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
            assert answer["status"] == "allowed"
        assert "prompt" not in {frame["type"] for frame in other.settled()}
    assert pc.redeem(sign_in).status_code == 200


def test_r1_5_a_policy_that_picks_one_picks_again(strict: Stack) -> None:
    """R1.5: where the chosen connection is gone, its row is removed and the next approver is prompted."""
    alice = strict.person()
    with alice.phone.approving() as approver:
        row = strict.items("Connections", "owner", alice.account_id)[0]
        dead = row | {
            "connection_id": {"S": "long-gone"},
            "connected_at": {"N": str(int(row["connected_at"]["N"]) - 60_000_000)},
        }
        live = row | {"connected_at": {"N": str(int(dead["connected_at"]["N"]) - 1)}}
        strict.put("Connections", dead)
        strict.put("Connections", live)
        sign_in = strict.device().start(alice.login)
        assert approver.expect("prompt")["sign_in_id"] == sign_in.id
    ids = [one["connection_id"]["S"] for one in strict.items("Connections", "owner", alice.account_id)]
    assert "long-gone" not in ids


def test_r1_5_connections_that_are_gone_are_forgotten(stack: Stack) -> None:
    """R1.6: where every connection turns out to be gone, nobody is online, and the rows are removed."""
    alice = stack.person()
    stack.put(
        "Connections",
        {
            "owner": {"S": alice.account_id},
            "connection_id": {"S": "long-gone"},
            "purpose": {"S": "approve"},
            "ip": {"S": "127.0.0.1"},
            "session_id": {"S": alice.phone.session_id},
            "connected_at": _minutes_before(stack, alice, 5),
            "forget_at": {"N": "4102444800"},
        },
    )
    response = stack.device().request_start(alice.login, "v" * 43)
    assert (response.status_code, response.json()["code"]) == (409, "no_approver_online")
    assert stack.items("Connections", "owner", alice.account_id) == []


def _minutes_before(stack: Stack, person: Person, minutes: int) -> dict[str, str]:
    """A time before the person's session began, as the table keeps times."""
    session = stack.items("Sessions", "account_id", person.account_id)[0]
    return {"N": str(int(session["signed_in_at"]["N"]) - minutes * 60_000_000)}


def test_r1_6_an_unknown_login_is_told_so(stack: Stack) -> None:
    """R1.6: an unknown login has an error of its own."""
    response = stack.device().request_start(f"nobody-{secrets.token_hex(6)}", "v" * 43)
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, response.json()["code"]) == (404, "unknown_login")


def test_r1_6_nobody_online_is_told_so(stack: Stack) -> None:
    """R1.6: an account with no approver online has an error of its own, however often one asks, and nothing is left."""
    alice = stack.person()
    for _ in range(12):
        response = stack.device().request_start(alice.login, "v" * 43)
        assert (response.status_code, response.json()["code"]) == (409, "no_approver_online")
    assert stack.items("Prompts", "account_id", alice.account_id) == []


def test_r1_6_the_session_goes_to_the_requesting_device_only(stack: Stack) -> None:
    """R1.6: without the verifier of the device that asked the sign-in does not exist, and it is redeemed once."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login)
        approver.expect("prompt")
        approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
    stolen = sign_in.redeem(verifier="w" * 43)
    assert (stolen.status_code, stolen.json()["code"]) == (404, "unknown_sign_in")
    assert pc.redeem(sign_in).status_code == 200
    again = sign_in.redeem()
    assert (again.status_code, again.json()["code"]) == (409, "already_redeemed")


def test_r1_6_polling_waits_its_turn(stack: Stack) -> None:
    """R1.6: the first poll is answered, one that follows at once is slowed down by five seconds more."""
    alice = stack.person()
    with alice.phone.approving():
        sign_in = stack.device().start(alice.login)
        first, second, third = sign_in.redeem(), sign_in.redeem(), sign_in.redeem()
    assert (first.status_code, first.json()) == (202, {"status": "pending", "interval": 5})
    assert (second.status_code, second.json()["code"], second.headers["retry-after"]) == (429, "slow_down", "10")
    assert third.headers["retry-after"] == "15"


def test_r1_6_a_cancelled_sign_in_is_gone_and_its_prompt_closes(stack: Stack) -> None:
    """R1.6: the requesting device may give up; the prompt closes and nothing can be answered or redeemed."""
    alice = stack.person()
    with alice.phone.approving() as approver:
        sign_in = stack.device().start(alice.login)
        approver.expect("prompt")
        assert sign_in.cancel().status_code == 204
        assert approver.expect("promptClosed")["status"] == "cancelled"
        late = approver.ask("answer", sign_in_id=sign_in.id, decision="deny")
        assert late["code"] == "not_answerable"
    response = sign_in.redeem()
    assert (response.status_code, response.json()["code"]) == (410, "cancelled")
    assert sign_in.cancel().status_code == 204


def test_r1_7_none_needs_no_code(stack: Stack) -> None:
    """R1.7: in mode `none` neither screen shows a code."""
    alice = stack.person()
    with alice.phone.approving() as approver:
        sign_in = stack.device().start(alice.login, verification="none")
        assert sign_in.started["verification"] == {"mode": "none"}
        assert approver.expect("prompt")["verification"] == {"mode": "none"}


def test_r1_7_compare_shows_the_same_code_on_both_screens(stack: Stack) -> None:
    """R1.7: in mode `compare` a six digit code stands on the device and in the prompt."""
    alice = stack.person()
    with alice.phone.approving() as approver:
        sign_in = stack.device().start(alice.login, verification="compare")
        assert len(sign_in.code) == 6
        assert approver.expect("prompt")["verification"] == {"mode": "compare", "code": sign_in.code}
        assert approver.ask("answer", sign_in_id=sign_in.id, decision="allow")["status"] == "allowed"


def test_r1_7_echo_prompts_only_when_the_code_came_back(stack: Stack) -> None:
    """R1.7: in mode `echo` no prompt is posted before the device sends its code back; the prompt then carries it."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login, verification="echo")
        assert sign_in.started["status"] == "started"
        assert approver.settled() == []
        assert approver.ask("answer", sign_in_id=sign_in.id, decision="allow")["code"] == "not_answerable"
        wrong = sign_in.confirm(f"{(int(sign_in.code) + 1) % 1_000_000:06d}")
        assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_code")
        assert sign_in.confirm(sign_in.code).status_code == 202
        assert approver.expect("prompt")["verification"] == {"mode": "echo", "code": sign_in.code}
        assert approver.ask("answer", sign_in_id=sign_in.id, decision="allow")["status"] == "allowed"
    assert pc.redeem(sign_in).status_code == 200


def test_r1_7_echo_three_wrong_codes_deny(stack: Stack) -> None:
    """R1.7: three wrong `echo` codes deny the sign-in, even for the right code after them."""
    alice = stack.person()
    with alice.phone.approving() as approver:
        sign_in = stack.device().start(alice.login, verification="echo")
        wrong = f"{(int(sign_in.code) + 1) % 1_000_000:06d}"
        assert [sign_in.confirm(wrong).json()["code"] for _ in range(3)] == ["wrong_code"] * 3
        late = sign_in.confirm(sign_in.code)
        assert (late.status_code, late.json()["code"]) == (403, "denied")
        assert approver.settled() == []
    assert sign_in.redeem().json()["code"] == "denied"


def test_r1_7_choose_takes_one_pick(stack: Stack) -> None:
    """R1.7: in mode `choose` three numbers are offered, the right one lets in, and a wrong one denies."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login)
        choices = approver.expect("prompt")["verification"]["choices"]
        assert len(set(choices)) == 3
        assert sign_in.code in choices
        assert approver.ask("answer", sign_in_id=sign_in.id, decision="allow")["code"] == "code_required"
        wrong = next(one for one in choices if one != sign_in.code)
        denied = approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=wrong)
        assert (denied["type"], denied["status"]) == ("answered", "denied")
        second = pc.start(alice.login)
        approver.expect("prompt")
        allowed = approver.ask("answer", sign_in_id=second.id, decision="allow", code=second.code)
        assert allowed["status"] == "allowed"
    assert sign_in.redeem().json()["code"] == "denied"
    assert pc.redeem(second).status_code == 200


def test_r1_7_enter_takes_three_tries(stack: Stack) -> None:
    """R1.7: in mode `enter` the approver types six digits that the prompt does not show, at most three times."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login, verification="enter")
        assert approver.expect("prompt")["verification"] == {"mode": "enter"}
        wrong = f"{(int(sign_in.code) + 1) % 1_000_000:06d}"
        for _ in range(2):
            frame = approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=wrong)
            assert (frame["type"], frame["code"]) == ("error", "wrong_code")
        answer = approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        assert answer["status"] == "allowed"
        lost = pc.start(alice.login, verification="enter")
        approver.expect("prompt")
        wrong = f"{(int(lost.code) + 1) % 1_000_000:06d}"
        frames = [approver.ask("answer", sign_in_id=lost.id, decision="allow", code=wrong) for _ in range(3)]
        assert frames[2]["status"] == "denied"
    assert pc.redeem(sign_in).status_code == 200
    assert lost.redeem().json()["code"] == "denied"


def test_r1_7_two_open_sign_ins_show_different_codes(stack: Stack) -> None:
    """R1.7: sign-ins for one login that are open at the same time carry different codes."""
    alice = stack.person()
    with alice.phone.approving() as approver:
        for _ in range(5):
            sign_ins = [stack.device().start(alice.login) for _ in range(2)]
            assert len({one.code for one in sign_ins}) == 2
            assert [one.cancel().status_code for one in sign_ins] == [204, 204]
            assert len(approver.settled()) == 4


def test_r1_8_a_connection_records_its_device(stack: Stack) -> None:
    """R1.8: a connection is kept with the device's type, name and id, its address and both times."""
    alice = stack.person()
    with alice.phone.approving():
        rows = stack.items("Connections", "owner", alice.account_id)
    assert len(rows) == 1
    device = rows[0]["device"]["S"]
    assert alice.phone.facts["id"] in device
    assert '"type":"phone"' in device
    assert "Alice's phone" in device
    assert rows[0]["ip"]["S"] == "127.0.0.1"
    assert int(rows[0]["connected_at"]["N"]) > int(rows[0]["signed_in_at"]["N"]) > 0


def test_r1_9_the_first_device_signs_in_the_ordinary_way(stack: Stack) -> None:
    """R1.9: login and password give a session, with which the device opens its connection as approver."""
    alice = stack.person()
    laptop = stack.device("Alice's laptop")
    assert laptop.sign_in(alice.login.upper(), PASSWORD).status_code == 201
    with laptop.approving() as approver:
        welcome = approver.ask("hello")
    assert welcome["session_id"] == laptop.session_id


def test_r1_9_a_late_approver_misses_nothing(stack: Stack) -> None:
    """R1.9: an approver that connects after the prompt was posted gets it with its welcome, and may answer."""
    alice, tablet = stack.person(), stack.device("Alice's tablet", "tablet")
    assert tablet.sign_in(alice.login, PASSWORD).status_code == 201
    with alice.phone.approving():
        sign_in = stack.device().start(alice.login)
        with tablet.approving() as late:
            prompts = late.ask("hello")["prompts"]
            assert [one["sign_in_id"] for one in prompts] == [sign_in.id]
            answer = late.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
            assert answer["status"] == "allowed"
            assert late.ask("hello")["prompts"] == []


def test_r1_5_an_approver_that_has_just_left_is_not_asked(strict: Stack, stack: Stack) -> None:
    """R1.5, R1.6: a connection that said hello and is gone is gone at once: the next is asked, or nobody is online."""
    alice = stack.person()
    with alice.phone.approving():
        row = stack.items("Connections", "owner", alice.account_id)[0]
    assert row["opened"]["BOOL"] is True
    while stack.items("Connections", "owner", alice.account_id):
        continue  # Until $disconnect has run.
    stack.put("Connections", row | {"connection_id": {"S": "AAAAAAAAAAAAAAA="}})
    response = stack.device().request_start(alice.login, "v" * 43)
    assert (response.status_code, response.json()["code"]) == (409, "no_approver_online")
    bob = strict.person()
    with bob.phone.approving() as approver:
        row = strict.items("Connections", "owner", bob.account_id)[0]
        later = {"N": str(int(row["connected_at"]["N"]) + 1)}
        strict.put("Connections", row | {"connection_id": {"S": "AAAAAAAAAAAAAAA="}, "connected_at": later})
        sign_in = strict.device().start(bob.login)
        assert approver.expect("prompt")["sign_in_id"] == sign_in.id
