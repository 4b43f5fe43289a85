"""The search for what may stand in no log (I3): what it gathers, what it finds, and what it leaves alone."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests import logs
from tests.confidential import Confidential

ACCOUNT, SESSION, FAMILY = "2M8QZ7VX4KT9WR1BD3NHYJC6PE", "9WT2B7XK4MZ8QV1RD3HNYJC6PE", "4QX8R2M7KD9TWV3ZB1NHYCJ6PE"
SECRET = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLXRoaXM"
PASSWORD = "correct horse battery staple"

HEARD: dict[str, tuple[Any, str]] = {
    "access token, its signature alone": ({"access_token": JWT}, "c2lnbmF0dXJlLW9mLXRoaXM"),
    "refresh token, its family alone": ({"refresh_token": f"{ACCOUNT}.{SESSION}.{FAMILY}.{SECRET}"}, FAMILY),
    "verifier": ({"verifier": "v" * 40 + "-._~abcdef"}, "v" * 40 + "-._~abcdef"),
    "password": ({"password": PASSWORD}, PASSWORD),
    "password to be set": ({"current": "what it was before", "new": PASSWORD}, PASSWORD),
    "scan token, its code alone": ({"url": f"https://app.example.com/scan#scan_token={SESSION}.{FAMILY}"}, FAMILY),
    "ticket": ({"waiter": {"url": f"wss://ws.example.com/live?ticket={SECRET}"}}, SECRET),
    "gateway's key": ({"sms": {"twilio": {"auth_token": "a key of some vendor"}}}, "a key of some vendor"),
    "login": ({"login": "alice-0a1b2c3d4e5f"}, "alice-0a1b2c3d4e5f"),
    "address": ([{"login": "alice-0a1b2c3d@example.org"}], "alice-0a1b2c3d@example.org"),
    "number without its plus": ({"from": "+447700900123"}, "447700900123"),
    "number of a mainland phone": ([{"phone_number": "13800138000"}], "13800138000"),
    "number that was texted": ({"+447700900123": [{"Message": "Nod: hello"}]}, "447700900123"),
    "initial password": ("Login +447700900123, password abcde-fghjk-mnpqr (works once", "abcde-fghjk-mnpqr"),
    "code": ({"verification": {"mode": "enter", "code": "407193"}}, '"code": "407193"'),
    "code in a dump": ({"code": "407193"}, "{'code': '407193'}"),
    "mailed code": ("Your code is 407193.", "code=407193"),
}


@pytest.mark.parametrize("case", HEARD)
def test_i3_what_was_sent_or_got_is_found(case: str) -> None:
    """I3: each secret and each personal fact is found in a log, wherever in what was sent or got it stood."""
    content, told = HEARD[case]
    confidential = Confidential()
    line = f"something like {told} was logged"
    before = confidential.leaks(line)
    confidential.hear(content if isinstance(content, str) else json.dumps(content))
    assert confidential.leaks(line) > before
    assert confidential.leaks("something else was logged, 407194 times") == set()


def test_i3_forms_and_headers_are_heard() -> None:
    """I3: as gateways and devices send them."""
    confidential = Confidential()
    confidential.hear(urlencode({"From": "447700900123", "Body": "Your code is 407193"}).encode())
    confidential.hear_headers({"Authorization": f"Bearer {JWT}", "Idempotency-Key": "a key of this request"})
    for told in ("447700900123", "'407193'", JWT, "a key of this request"):
        assert confidential.leaks(f"log of {told}"), told


@pytest.mark.parametrize(
    "told",
    [
        JWT,
        f"{ACCOUNT}.{SESSION}.{FAMILY}.{SECRET}",
        f"{SESSION}.{FAMILY}",
        SECRET,
        f"ticket={SECRET}",
        "+447700900123",
        "tel:+8613800138000",
    ],
)
def test_i3_what_nobody_heard_is_found_by_its_shape(told: str) -> None:
    """I3: tokens, tickets, verifiers and numbers give themselves away, also where a browser alone has seen them."""
    assert Confidential().leaks(f'{{"message": "{told}"}}')


@pytest.mark.parametrize(
    "line",
    [
        "START RequestId: 7f2c1d1e-5a0b-4c59-9d0e-0b1f6d1a2b3c Version: $LATEST",
        '{"timestamp":"2026-11-25 09:26:10,123+0000","xray_trace_id":"1-6b06a7eb-e775bf1a46c7fabed50ad9bd"}',
        "REPORT RequestId: x\tDuration: 123456 ms\tMemory Size: 1024 MB",
        "[2026-11-25 09:26:10 +0000] [21397] [INFO] Running on http://127.0.0.1:45661",
        "Lambda worker spawned for nod-local-AccountFunction-F9E6CFA332C08",
        "Lambda worker spawned for nod-demanding-SignInsFunction-EBE0218C97DD4 (python3.13, cold start)",
        "wss://ws.example.com/live",
    ],
)
def test_i3_what_is_always_in_a_log_is_no_leak(line: str) -> None:
    """I3: a search that cries wolf would be switched off."""
    confidential = Confidential()
    confidential.hear(json.dumps({"code": "123457", "password": "00000000", "login": "alice", "verifier": "0" * 43}))
    assert confidential.leaks(line) == set()


def test_i3_a_leak_is_told_by_its_place_and_not_repeated(tmp_path: Path) -> None:
    """I3: who reads the report of a run must not find there what was not to be in the log."""
    log, confidential = tmp_path / "a.log", Confidential()
    log.write_text(f"one\ntwo\n{PASSWORD}\nand again, after 7 ms: {PASSWORD}\nand again, after 8 ms: {PASSWORD}\n")
    confidential.note("password", PASSWORD)
    found = logs.leaks(logs.lines(log), confidential)
    # Lines that differ in times only are one.
    assert [place for place, _ in found] == ["a.log, line 3", "a.log, line 4"]
    told = "".join(f"{leak} {leak!r}" for _, leak in found)
    assert "a password, cor... (28 characters)" in told
    assert "horse" not in told
