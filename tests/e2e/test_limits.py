"""What holds strangers back, through the deployed stack: limits, concealment, reports, tickets, races (A1-A13)."""

import httpx

from tests.stacks import Stack


def test_a1_one_address_starts_so_many(shut: Stack) -> None:
    """A1: sign-in starts from one IP address are limited, whatever `X-Forwarded-For` says."""
    body = {"method": "approval", "challenge": "c" * 43, "device": {"type": "tv", "name": "TV"}}
    statuses = [
        shut.device()
        .http.post(
            "/sign-ins",
            json=body | {"login": f"nobody-{number}"},
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
        )
        .status_code
        for number in range(12)
    ]
    # A minute may end in between, and with it the count: then at most two windows' worth of starts got through.
    assert statuses.count(404) in range(5, 11)
    assert statuses.count(429) == 12 - statuses.count(404)


def test_a8_what_is_late_is_refused(strict: Stack) -> None:
    """A8: after its time a sign-in is neither answered nor redeemed, although its row still exists."""
    alice = strict.person()
    with alice.phone.approving() as approver:
        sign_in = strict.device().start(alice.login)
        approver.expect("prompt")
        assert sign_in.started["expires_in"] == 15
        with sign_in.waiting() as waiting:
            while waiting.ask("hello")["status"] == "pending":
                continue
            assert waiting.ask("hello")["status"] == "expired"
        late = approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        assert late["code"] == "not_answerable"
        assert approver.ask("hello")["prompts"] == []
    response = sign_in.redeem()
    assert (response.status_code, response.json()["code"]) == (410, "expired")
    assert len(strict.items("SignIns", "sign_in_id", sign_in.id)) == 1


def test_a13_only_allowed_origins_may_read_answers(strict: Stack, stack: Stack) -> None:
    """A13: CORS names the configured origin and no other; with no origin configured, none."""
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    allowed = httpx.options(f"{strict.http}/sign-ins", headers=preflight | {"Origin": "https://app.example.com"})
    assert allowed.headers["access-control-allow-origin"] == "https://app.example.com"
    foreign = httpx.options(f"{strict.http}/sign-ins", headers=preflight | {"Origin": "https://evil.example"})
    assert foreign.headers.get("access-control-allow-origin") != "https://evil.example"


def test_a13_a_dead_sessions_socket_can_do_nothing(stack: Stack) -> None:
    """A13: frames are authorised anew: with its session's row gone, a socket that still stands is refused."""
    alice = stack.person()
    other = stack.device("Alice's laptop")
    with alice.phone.approving() as approver:
        sign_in = other.start(alice.login)
        approver.expect("prompt")
        stack.cloud.client("dynamodb").delete_item(
            TableName=stack.resources["SessionsTable"],
            Key={"account_id": {"S": alice.account_id}, "session_id": {"S": alice.phone.session_id}},
        )
        frames: list[tuple[str, dict[str, str]]] = [
            ("hello", {}),
            ("listSessions", {}),
            ("endSession", {"session_id": alice.phone.session_id}),
            ("answer", {"sign_in_id": sign_in.id, "decision": "allow", "code": sign_in.code}),
        ]
        for action, fields in frames:
            assert approver.ask(action, **fields)["code"] == "forbidden"
    assert sign_in.redeem().status_code == 202
