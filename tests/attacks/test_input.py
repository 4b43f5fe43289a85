"""Bad input: a clear answer, nothing written, the connection stays open (I1, I2, A11)."""

import json
from typing import Any

import pytest

from tests.target import Target

DEVICE: dict[str, Any] = {"type": "desktop", "name": "PC"}


START: dict[str, Any] = {"method": "approval", "login": "alice", "challenge": "c" * 43, "device": DEVICE}


BAD_STARTS: dict[str, Any] = {
    "no JSON": "{",
    "empty": "",
    "an array": "[]",
    "deep nesting": "[" * 15_000,
    "deep nesting in a field": json.dumps(START)[:-1] + ', "x": ' + "[" * 5_000 + "]" * 5_000 + "}",
    "NaN": json.dumps(START | {"login": 1}).replace("1", "NaN"),
    "unknown field": START | {"extra": 1},
    "unknown field inside": START | {"device": DEVICE | {"extra": 1}},
    "unknown method": START | {"method": "telepathy"},
    "no method": {key: value for key, value in START.items() if key != "method"},
    "login of a wrong type": START | {"login": 7},
    "login with NUL": START | {"login": "al\0ice"},
    "login too long": START | {"login": "a" * 300},
    "login empty": START | {"login": ""},
    "lone surrogate": json.dumps(START | {"login": "X"}).replace("X", "\\ud800"),
    "challenge too short": START | {"challenge": "c" * 42},
    "challenge with padding": START | {"challenge": "c" * 43 + "="},
    "device of an unknown type": START | {"device": DEVICE | {"type": "toaster"}},
    "device name too long": START | {"device": DEVICE | {"name": "n" * 65}},
    "device name blank": START | {"device": DEVICE | {"name": "   "}},
    "device name with a bidirectional override": START | {"device": DEVICE | {"name": "PC\u202e"}},
    "device name with a line feed": START | {"device": DEVICE | {"name": "PC\nAllow this"}},
    "device app with a zero width space": START | {"device": DEVICE | {"app": "Ap\u200bp"}},
    "message with an isolate": START | {"message": "\u2066hi"},
    "message too long": START | {"message": "m" * 141},
    "unknown verification": START | {"verification": "vibes"},
}


@pytest.mark.parametrize("case", BAD_STARTS)
def test_i2_a_bad_start_is_a_clear_400(target: Target, case: str) -> None:
    """I2, A11: every malformed start is answered with a problem that says what is wrong, and nothing is written."""
    body = BAD_STARTS[case]
    content = body if isinstance(body, str) else json.dumps(body)
    response = target.device().http.post("/sign-ins", content=content.encode())
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) == {"type", "title", "status", "detail", "code"}
    assert (response.status_code, problem["status"], problem["code"]) == (400, 400, "invalid_request")
    assert problem["detail"]


def test_i2_an_oversized_body_is_refused(target: Target) -> None:
    """I2: a body over 16 KiB is refused as too large."""
    response = target.device().http.post("/sign-ins", content=json.dumps(START | {"message": "m" * 20_000}))
    assert (response.status_code, response.json()["code"]) == (413, "invalid_request")


def test_i2_invalid_utf8_is_refused(target: Target) -> None:
    """I2: a body that is no UTF-8 is a clear 400."""
    content = json.dumps(START).encode().replace(b"alice", b"\xff\xfe")
    response = target.device().http.post("/sign-ins", content=content)
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/sign-ins/unknown/redeem"),
        ("POST", "/sign-ins/%00/redeem"),
        ("POST", "/sign-ins/..%2f..%2f/redeem"),
        ("POST", f"/sign-ins/{'A' * 2000}/redeem"),
    ],
)
def test_i2_odd_identifiers_are_unknown(target: Target, method: str, path: str) -> None:
    """I2: an identifier that is none is unknown, never an error of ours."""
    response = target.device().http.request(method, path, json={"verifier": "v" * 43})
    assert response.status_code == 404


def test_i2_without_a_token_nothing_is_told(target: Target) -> None:
    """I2: every address that needs a session answers 401 without one, and with a token of another scheme."""
    http = target.device().http
    for method, path in (
        ("GET", "/sessions"),
        ("DELETE", "/sessions/current"),
        ("GET", "/account"),
        ("POST", "/account/logins"),
        ("DELETE", "/account/logins/alice"),
        ("POST", "/tickets"),
        ("GET", "/prompts"),
        ("POST", "/sign-ins/x/answer"),
        ("DELETE", "/sign-ins/x"),
    ):
        for headers in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}):
            response = http.request(method, path, headers=headers)
            assert (response.status_code, response.json()["code"]) == (401, "invalid_token"), path


BAD_FRAMES: dict[str, str | bytes] = {
    "no JSON": "nope",
    "empty": " ",
    "an array": "[]",
    "a number": "7",
    "deep nesting": "[" * 8_000,
    "no action": "{}",
    "unknown action": '{"action": "dance"}',
    "action of a wrong type": '{"action": 7}',
    "unknown field": '{"action": "ping", "extra": 1}',
    "missing field": '{"action": "answer", "decision": "allow"}',
    "unknown decision": '{"action": "answer", "sign_in_id": "x", "decision": "maybe"}',
    "code of letters": '{"action": "answer", "sign_in_id": "x", "decision": "allow", "code": "ab"}',
    "id of a wrong type": '{"action": "ping", "id": {}}',
    "oversized": '{"action": "ping", "id": "' + "x" * 9_000 + '"}',
    "binary": b"\xff\xfe\x00",
    "lone surrogate": '{"action": "ping", "id": "\\ud800"}',
}


def test_i2_bad_frames_leave_the_connection_open(target: Target) -> None:
    """I2: every malformed frame gets an `error` frame, and the connection goes on as before."""
    alice = target.person()
    with alice.phone.approving() as approver:
        for case, frame in BAD_FRAMES.items():
            approver.connection.send(frame)
            reply = approver.receive()
            assert (reply["type"], reply["code"]) == ("error", "invalid_request"), case
            assert reply["detail"]
            assert approver.ask("ping")["type"] == "pong"
        approver.connection.send('{"action": "dance", "id": "kept"}')
        assert approver.receive()["id"] == "kept"
        sign_in = target.device().start(alice.login, verification="choose")
        assert approver.expect("prompt")["sign_in_id"] == sign_in.id
