"""Sessions under the control of a signed-in device, through the deployed stack (R2.1, R2.2, S1-S5)."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from local.device import Device
from tests.forgeries import forgeries, parts_of, signed
from tests.stacks import PASSWORD, Person, Stack
from tests.target import outcome


def let_in(stack: Stack, alice: Person, host: Device | None = None) -> Device:
    """A PC that the person's phone let in, or another of the person's devices."""
    pc = stack.device(id="pc-1", app="Desk")
    with (host or alice.phone).approving() as approver:
        sign_in = pc.start(alice.login)
        approver.expect("prompt")
        answer = approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        assert answer["status"] == "allowed"
    assert pc.redeem(sign_in).status_code == 200
    return pc


def test_r2_1_every_session_says_how_it_came_about(stack: Stack) -> None:
    """R2.1: the list has login, times, device, address, place, method and who let each session in."""
    alice = stack.person()
    nickname = f"nick-{secrets.token_hex(6)}"
    alice.phone.call("POST", "/account/logins", {"login": nickname})
    pc = let_in(stack, alice)
    other = stack.device("Alice's laptop")
    assert other.sign_in(nickname, PASSWORD).status_code == 201
    listed = alice.phone.call("GET", "/sessions").json()["sessions"]
    by_id = {one["session_id"]: one for one in listed}
    assert set(by_id) == {alice.phone.session_id, pc.session_id, other.session_id}
    seen = by_id[pc.session_id]
    fields = "session_id login method signed_in_at last_seen_at device ip place let_in_by current"
    assert set(seen) == set(fields.split())
    assert (seen["method"], seen["let_in_by"], seen["current"]) == ("approval", alice.phone.session_id, False)
    assert seen["device"] == {"type": "desktop", "name": "Alice's PC", "id": "pc-1", "app": "Desk"}
    assert (by_id[other.session_id]["login"], by_id[other.session_id]["let_in_by"]) == (nickname, None)
    assert by_id[alice.phone.session_id]["current"] is True


def test_r2_1_the_same_list_comes_over_the_connection(stack: Stack) -> None:
    """R2.1: an approver asks for the sessions over its connection, and is told when one starts."""
    alice = stack.person()
    with alice.phone.approving() as approver:
        other = stack.device("Alice's laptop")
        assert other.sign_in(alice.login, PASSWORD).status_code == 201
        assert approver.expect("sessionStarted")["session_id"] == other.session_id
        sessions = approver.ask("listSessions")["sessions"]
    assert {one["session_id"] for one in sessions} == {alice.phone.session_id, other.session_id}


def test_r2_2_an_ended_session_is_dead_at_once(stack: Stack) -> None:
    """R2.2, S2: after an end the access token, the refresh token, tickets and sockets of a session are all dead."""
    alice = stack.person()
    pc = let_in(stack, alice)
    unused_ticket = pc.ticket_url()
    with alice.phone.approving() as approver, pc.approving() as doomed:
        ended = approver.ask("endSession", session_id=pc.session_id)
        assert ended["ended"] == [pc.session_id]
        with pytest.raises(ConnectionClosed):
            doomed.settled()
    assert pc.call("GET", "/sessions").json()["code"] == "invalid_token"
    assert pc.refresh().json()["code"] == "invalid_token"
    with pytest.raises(InvalidStatus) as refused, connect(unused_ticket):
        pass
    assert refused.value.response.status_code in (401, 403)
    assert pc.call("POST", "/tickets", {"purpose": "approve"}).status_code == 401
    assert len(alice.phone.call("GET", "/sessions").json()["sessions"]) == 1


def chain(stack: Stack, alice: Person) -> list[Device]:
    """Three devices, the first let in by the person's phone, each other by the one before it."""
    first = let_in(stack, alice)
    second = let_in(stack, alice, first)
    return [first, second, let_in(stack, alice, second)]


def living(alice: Person) -> set[str]:
    """The person's sessions."""
    return {one["session_id"] for one in alice.phone.call("GET", "/sessions").json()["sessions"]}


def test_r2_2_a_session_ends_with_all_below_it(stack: Stack) -> None:
    """R2.2, S2: also what hangs by a session that signed itself out; tokens and sockets of all of them are dead."""
    alice = stack.person()
    top, between, last = chain(stack, alice)
    assert between.call("DELETE", "/sessions/current").status_code == 200
    with alice.phone.approving() as approver, top.approving() as first, last.approving() as second:
        response = alice.phone.call("DELETE", f"/sessions/{top.session_id}?and_let_in=true")
        assert (response.status_code, response.json()) == (200, {"ended": [top.session_id, last.session_id]})
        for doomed in (first, second):
            with pytest.raises(ConnectionClosed):
                doomed.settled()
        told = [approver.expect("sessionEnded")["session_id"] for _ in range(2)]
    assert sorted(told) == sorted([top.session_id, last.session_id])
    for dead in (top, between, last):
        assert dead.call("GET", "/sessions").json()["code"] == "invalid_token"
        assert dead.refresh().json()["code"] == "invalid_token"
    assert living(alice) == {alice.phone.session_id}


def test_r2_2_over_the_connection_one_ends_oneself_with_what_one_let_in(stack: Stack) -> None:
    """R2.2: the caller, which is in the tree, gets the reply and no push; then its connection is closed."""
    alice = stack.person()
    top, between, last = chain(stack, alice)
    tree = [one.session_id for one in (top, between, last)]
    with alice.phone.approving() as approver, top.approving() as own:
        own.send("endSession", session_id=top.session_id, and_let_in=True, id=1)
        assert own.receive() == {"type": "sessionEnded", "id": 1, "ended": tree}
        with pytest.raises(ConnectionClosed):
            own.receive()
        assert sorted(approver.expect("sessionEnded")["session_id"] for _ in tree) == sorted(tree)
    assert living(alice) == {alice.phone.session_id}
    assert [one.call("GET", "/account").status_code for one in (top, between, last)] == [401, 401, 401]


def test_r2_2_a_session_ends_alone_unless_asked(stack: Stack) -> None:
    """R2.2, I2: what it let in stays; and what is neither `true` nor `false` ends nothing."""
    alice = stack.person()
    top, between, last = chain(stack, alice)
    for text in ("", "True", "1", "true&and_let_in=true"):
        response = alice.phone.call("DELETE", f"/sessions/{top.session_id}?and_let_in={text}")
        assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
        assert "and_let_in" in response.json()["detail"]
    assert living(alice) == {one.session_id for one in (alice.phone, top, between, last)}
    with alice.phone.approving() as approver:
        assert approver.ask("endSession", session_id=top.session_id, and_let_in="true")["code"] == "invalid_request"
    assert alice.phone.call("DELETE", f"/sessions/{top.session_id}?and_let_in=false").status_code == 200
    assert living(alice) == {one.session_id for one in (alice.phone, between, last)}


def test_s2_what_is_redeemed_while_a_tree_ends_is_dead(stack: Stack) -> None:
    """S2, R2.2: the last of a tree has let three more in, who come for their sessions at that very moment, in vain."""
    alice = stack.person()
    top, _, last = chain(stack, alice)
    with last.approving() as approver:
        waiting = [stack.device(f"Guest {n}").start(alice.login) for n in range(3)]
        for one in waiting:
            answer = approver.ask("answer", sign_in_id=one.id, decision="allow", code=one.code)
            assert answer["status"] == "allowed"
    with ThreadPoolExecutor(4) as pool:
        ending = pool.submit(alice.phone.call, "DELETE", f"/sessions/{top.session_id}?and_let_in=true")
        redeemed = [response.json() for response in pool.map(lambda one: one.redeem(), waiting)]
    assert ending.result().status_code == 200
    let_in_meanwhile = {one["session_id"] for one in redeemed if "session_id" in one}
    assert {one["code"] for one in redeemed if "session_id" not in one} <= {"denied"}
    assert let_in_meanwhile <= set(ending.result().json()["ended"])
    assert living(alice) == {alice.phone.session_id}


def grown(stack: Stack, device: Device, hours: int) -> None:
    """Let a session be so many hours old, past the service."""
    rows = stack.items("Sessions", "account_id", device.grant["account_id"])
    (row,) = [one for one in rows if one["session_id"]["S"] == device.session_id]
    signed_in_at = datetime.now(UTC) - timedelta(hours=hours)
    stack.put("Sessions", row | {"signed_in_at": {"N": str(int(signed_in_at.timestamp() * 1_000_000))}})


def ending(device: Device, other: Device) -> int:
    """What a session is told that wants to end another."""
    return device.call("DELETE", f"/sessions/{other.session_id}").status_code


def test_s4_a_fresh_session_ends_itself_and_what_it_let_in(strict: Stack) -> None:
    """S4: where older ones are out of reach, a session still ends itself, and what it let in, however old that is."""
    alice = strict.person()
    thief, other = strict.another(alice, "Thief's PC"), strict.another(alice, "Alice's laptop")
    guest = let_in(strict, alice, thief)
    for one in (guest, other):
        grown(strict, one, hours=1)
    assert (ending(thief, alice.phone), ending(thief, other)) == (403, 403)
    assert ending(thief, guest) == 200
    assert thief.call("DELETE", "/sessions/current").status_code == 200
    assert thief.call("GET", "/sessions").status_code == 401
    assert living(alice) == {alice.phone.session_id, other.session_id}


def test_s4_a_session_of_age_may_end_an_older_one(strict: Stack) -> None:
    """S4: after a day, and not an hour before, a session may end those that are older."""
    alice = strict.person()
    laptop = strict.another(alice, "Alice's laptop")
    grown(strict, alice.phone, hours=100)
    grown(strict, laptop, hours=23)
    assert ending(laptop, alice.phone) == 403
    grown(strict, laptop, hours=24)
    assert ending(laptop, alice.phone) == 200


def test_r2_2_a_session_ends_itself(stack: Stack) -> None:
    """R2.2: `current` signs the asking device itself out, and the other sessions are told."""
    alice = stack.person()
    pc = let_in(stack, alice)
    with alice.phone.approving() as approver:
        response = pc.call("DELETE", "/sessions/current")
        assert (response.status_code, response.json()) == (200, {"ended": [pc.session_id]})
        assert approver.expect("sessionEnded")["session_id"] == pc.session_id
    assert pc.call("GET", "/account").status_code == 401


def test_r2_2_an_operator_ends_a_session_in_the_table(stack: Stack) -> None:
    """R2.2, S2: what docs/operating.md tells for a stolen only device; its tokens and its socket are dead at once."""
    alice = stack.person()
    owner = stack.device("Alice's new phone", "phone")
    with alice.phone.approving() as stolen:
        assert owner.sign_in(alice.login, PASSWORD).status_code == 201
        stack.cloud.client("dynamodb").update_item(
            TableName=stack.resources["SessionsTable"],
            Key={"account_id": {"S": alice.account_id}, "session_id": {"S": alice.phone.session_id}},
            UpdateExpression="SET expires_at = :ended",
            ConditionExpression="attribute_exists(session_id)",
            ExpressionAttributeValues={":ended": {"N": "0"}},
        )
        assert stolen.ask("endSession", session_id=owner.session_id)["code"] == "forbidden"
    for refused in (alice.phone.call("GET", "/sessions"), alice.phone.refresh()):
        assert outcome(refused) == (401, "invalid_token")
    (left,) = owner.call("GET", "/sessions").json()["sessions"]
    assert left["current"]


def test_s5_access_tokens_are_what_rfc_9068_says(stack: Stack) -> None:
    """S5: header and claims of the access token, and its signature by the published key."""
    from joserfc import jwt
    from joserfc.jwk import KeySet

    alice = stack.person()
    token = alice.phone.grant["access_token"]
    jwks = httpx.get(f"{stack.http}/.well-known/jwks.json").json()
    verified = jwt.decode(token, KeySet.import_key_set(jwks), algorithms=["RS256"])
    assert verified.header["typ"] == "at+jwt"
    assert verified.header["kid"] == jwks["keys"][0]["kid"]
    claims = verified.claims
    assert set(claims) == {
        "iss", "sub", "aud", "client_id", "iat", "exp", "jti", "sid", "amr", "auth_time",
    }  # fmt: skip
    assert (claims["iss"], claims["sub"], claims["sid"]) == (stack.http, alice.account_id, alice.phone.session_id)
    assert claims["exp"] - claims["iat"] == alice.phone.grant["expires_in"] == 600
    assert claims["amr"] == ["pwd"]
    assert set(jwks["keys"][0]) == {"kty", "n", "e", "kid", "use", "alg"}


def test_s5_one_wrong_thing_in_a_token_is_enough(stack: Stack) -> None:
    """S5: tokens that the stack's own key has signed, each wrong in one thing; the same with nothing wrong is taken."""
    alice = stack.person()
    kms, key = stack.cloud.client("kms"), stack.resources["SigningKey"]
    right = parts_of(alice.phone.grant["access_token"])

    def told(token: str) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {token}"}
        return outcome(httpx.get(f"{stack.http}/sessions", headers=headers, timeout=60))

    wrong = forgeries(*right)
    assert {what: told(signed(kms, key, *parts)) for what, parts in wrong.items()} == dict.fromkeys(
        wrong, (401, "invalid_token")
    )
    assert told(signed(kms, key, *right)) == (200, "")


def test_s3_a_failing_signature_loses_nothing(stack: Stack) -> None:
    """S3, A7: while the key cannot sign, refresh and redeem fail; tried again afterwards, both succeed."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login, verification="none")
        approver.ask("answer", sign_in_id=sign_in.id, decision="allow")
    kms, key = stack.cloud.client("kms"), stack.resources["SigningKey"]
    kms.disable_key(KeyId=key)
    try:
        assert sign_in.redeem().status_code == 500
        assert alice.phone.refresh().status_code == 500
    finally:
        kms.enable_key(KeyId=key)
    assert len(stack.items("Sessions", "account_id", alice.account_id)) == 1
    assert pc.redeem(sign_in).status_code == 200
    assert alice.phone.refresh().status_code == 200


def test_r2_2_a_session_that_ends_itself_gets_its_confirmation(stack: Stack) -> None:
    """R2.2: `endSession` of one's own session is answered before the connection closes."""
    alice = stack.person()
    with alice.phone.approving() as approver:
        assert approver.ask("endSession", session_id=alice.phone.session_id)["ended"] == [alice.phone.session_id]
