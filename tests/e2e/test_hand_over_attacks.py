"""Attacks on the QR hand-over that must fail (Q1-Q6), over the wire against the deployed stack."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import httpx

from local import camera
from local.device import SignIn
from tests.handing_over import pair, shown, stranger, token_in
from tests.stacks import Stack
from tests.target import outcome

ROUNDS = 5


def row_of(stack: Stack, sign_in: SignIn) -> dict[str, Any]:
    """The sign-in as DynamoDB keeps it."""
    (row,) = stack.items("SignIns", "sign_in_id", sign_in.id)
    return row


def age(stack: Stack, sign_in: SignIn) -> None:
    """Make the codes of a sign-in 30 seconds old."""
    row = row_of(stack, sign_in)
    codes = [json.loads(text) for text in row["codes"]["SS"]]
    began = datetime.fromisoformat(sign_in.started["expires_at"]).timestamp() - sign_in.started["expires_in"]
    old = [code | {"expires_at": datetime.fromtimestamp(began, tz=_zone()).isoformat()} for code in codes]
    stack.put("SignIns", row | {"codes": {"SS": [json.dumps(code) for code in old]}})


def _zone() -> Any:
    return datetime.fromisoformat("1970-01-01T00:00:00Z").tzinfo


def test_q1_a_code_is_30_seconds_old_at_most(stack: Stack) -> None:
    """Q1: an old photograph of the screen is useless, while a fresh code of the same sign-in works."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        old = shown(page, sign_in)["svg"]
        age(stack, sign_in)
        assert outcome(ada.scan(sign_in, old)) == (403, "wrong_scan")
        assert sign_in.redeem().json()["status"] == "started"
        fresh = page.ask("renewQr", sign_in_id=sign_in.id)["svg"]
        assert ada.scan(sign_in, fresh).status_code == 200


def test_q3_two_devices_at_the_same_time_are_never_let_in(stack: Stack) -> None:
    """Q3: however a phone and a stranger meet, the sign-in ends denied, once, and no session comes of it."""
    ada = pair(stack)
    with ada.pc.handing_over() as page, ThreadPoolExecutor(2) as devices:
        for _ in range(ROUNDS):
            sign_in = ada.ask()
            token = token_in(shown(page, sign_in)["svg"])
            together = Barrier(2)

            def scan(verifier: str, sign_in: SignIn = sign_in, token: str = token, start: Barrier = together) -> int:
                start.wait()
                with httpx.Client(base_url=stack.http, timeout=30) as own:
                    body = {"scan_token": token, "login": ada.login, "verifier": verifier}
                    return own.post(f"/sign-ins/{sign_in.id}/scan", json=body).status_code

            phone, eve = devices.map(scan, (sign_in.verifier, stranger()))
            assert (phone in (200, 403), eve) == (True, 403)
            assert outcome(sign_in.redeem()) == (403, "denied")
            assert stack.items("Prompts", "account_id", ada.pc.grant["account_id"]) == []
            page.settled()
    assert [one["let_in_by"] for one in ada.pc.call("GET", "/sessions").json()["sessions"]] == [None]


def test_q4_opening_the_link_changes_nothing(stack: Stack) -> None:
    """Q4: what a browser sends when it opens the link is the same for every code, and gets a page that has to ask."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        first, second = ada.ask(), ada.ask()
        links = {camera.read(shown(page, sign_in)["svg"]) for sign_in in (first, second)}
        sent = {urlsplit(link)._replace(fragment="").geturl() for link in links}
        assert len(links) == 2
        assert sent == {f"{stack.endpoints.web}/scan"}
        before = row_of(stack, first)
        opened = [httpx.get(link, timeout=30) for link in links]
        assert [one.status_code for one in opened] == [200, 200]
        assert opened[0].content == opened[1].content
        assert row_of(stack, first) == before
        assert page.settled() == []
