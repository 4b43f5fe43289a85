"""Vonage Messages."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from local import gateways as vendors
from nod.domain.deliveries import Delivery
from nod.errors import InvalidRequest
from tests.unit.gateways.calls import KEYS, NOW, delivery, read, refuses, signed_json, vendor_library, with_headers

SECRET = KEYS["vonage"]["signature_secret"]
SECONDS = int(NOW.timestamp())


def library_accepts(token: str, secret: str = SECRET) -> bool:
    library = vendor_library("vonage_jwt")
    try:
        return bool(library.verify_signature(token, secret))
    except library.VonageVerifyJwtError:
        return False


def with_claims(**claims: Any) -> Delivery:
    """A genuine call whose token says something else; a claim that is None is left out."""
    genuine = delivery("vonage")
    all_claims = {"iat": SECONDS, "payload_hash": hashlib.sha256(genuine.body).hexdigest(), **claims}
    token = vendors.vonage_token(SECRET, {name: claim for name, claim in all_claims.items() if claim is not None})
    return with_headers(genuine, authorization=f"Bearer {token}")


def test_r3_2_vonages_library_agrees() -> None:
    """R3.2, T1: Vonage's library accepts the token that is accepted here, and not one of another secret."""
    now = datetime.now(UTC)  # Its library looks at the clock.
    genuine = delivery("vonage", now=now)
    token = genuine.headers["authorization"].removeprefix("Bearer ")
    assert library_accepts(token)
    assert len(read("vonage", genuine, now=now)) == 1
    assert not library_accepts(token, "another secret that is as long as it should be")
    forged = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    assert not library_accepts(forged)
    assert refuses("vonage", with_headers(genuine, authorization=f"Bearer {forged}"), now=now)


def test_t1_the_token_of_another_call_is_refused() -> None:
    """T1: a token that Vonage's library accepts proves nothing about a body whose hash it does not hold."""
    now = datetime.now(UTC)
    genuine, other = delivery("vonage", now=now), delivery("vonage", now=now, text="NOD 9999")
    assert library_accepts(other.headers["authorization"].removeprefix("Bearer "))
    assert refuses("vonage", with_headers(genuine, authorization=other.headers["authorization"]), now=now)


@pytest.mark.parametrize(
    "claims",
    [
        {"payload_hash": None},
        {"payload_hash": ""},
        {"payload_hash": 1},
        {"payload_hash": "é"},
        {"iat": None},
        {"iat": "now"},
        {"iat": True},
        {"iat": [SECONDS]},
        {"iat": -1},
        {"iat": 10**400},
        {"iat": SECONDS + 301},
        {"iat": SECONDS - 301},
        {"exp": SECONDS},
        {"exp": "never"},
    ],
)
def test_t1_claims_that_do_not_prove_this_call_now_are_refused(claims: dict[str, Any]) -> None:
    """T1: the hash and the time must be there and right; a token that has expired is over."""
    assert not refuses("vonage", with_claims(exp=SECONDS + 1))
    assert refuses("vonage", with_claims(**claims))


@pytest.mark.parametrize("scheme", ["Basic ", "Bearer", "", "JWT "])
def test_t1_the_token_is_a_bearer_token(scheme: str) -> None:
    """T1: `Authorization` has one form; capitals do not matter in its scheme (RFC 7235)."""
    genuine = delivery("vonage")
    token = genuine.headers["authorization"].removeprefix("Bearer ")
    assert not refuses("vonage", with_headers(genuine, authorization=f"bearer {token}"))
    assert refuses("vonage", with_headers(genuine, authorization=scheme + token))


def test_t1_no_header_of_a_token_chooses_another_algorithm() -> None:
    """T1: `alg: none`, which needs no secret, is refused."""
    genuine = delivery("vonage")
    claims = genuine.headers["authorization"].split(".")[1]
    none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"  # {"alg":"none","typ":"JWT"}
    for token in (f"{none}.{claims}.", f"{none}.{claims}", f".{claims}.", "..", "."):
        assert refuses("vonage", with_headers(genuine, authorization=f"Bearer {token}"))


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "whatsapp"},
        {"message_type": "image"},
        {"message_type": "unsupported", "text": None},
        {"text": ""},
        {"channel": "messenger", "from": {"type": "messenger", "id": "1"}},
        {"message_type": "", "status": "delivered"},
    ],
)
def test_r3_2_other_channels_and_reports_hold_no_message(changes: dict[str, Any]) -> None:
    """R3.2: what is no text message is acknowledged and not read."""
    body = msgspec.json.decode(delivery("vonage").body)
    assert read("vonage", signed_json("vonage", {**body, **changes})) == []


@pytest.mark.parametrize("changes", [{"from": 1}, {"from": None}, {"message_uuid": ""}, {"message_uuid": "x" * 257}])
def test_i2_a_message_that_is_not_as_documented_is_refused(changes: dict[str, Any]) -> None:
    """I2: a text message needs its sender and its id."""
    body = msgspec.json.decode(delivery("vonage").body)
    with pytest.raises(InvalidRequest):
        read("vonage", signed_json("vonage", {**body, **changes}))
