"""What is pushed, as the contract writes it (R1.5, R2.1, R2.2)."""

from typing import Any

import msgspec
import pytest

from nod.domain.pushes import PromptClosed, Push, SessionEnded, SignInResolved, session_started
from tests.builders import HOME, session


def sent(push: Push) -> dict[str, Any]:
    """The frame as the other side reads it."""
    frame: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(push))
    return frame


@pytest.mark.parametrize(
    ("push", "frame"),
    [
        (PromptClosed("S", "denied"), {"type": "promptClosed", "sign_in_id": "S", "status": "denied"}),
        (SignInResolved("S", "allowed"), {"type": "signInResolved", "sign_in_id": "S", "status": "allowed"}),
        (SessionEnded("S"), {"type": "sessionEnded", "session_id": "S"}),
    ],
)
def test_r1_5_a_push_is_told_by_its_type(push: Push, frame: dict[str, str]) -> None:
    """R1.5: each frame has its name and its fields, and nothing else."""
    assert sent(push) == frame


def test_r2_1_a_new_session_is_shown_as_in_the_list() -> None:
    """R2.1: the push has what the list of sessions has, and nothing of the session's secrets."""
    frame = sent(session_started(session("NEW", let_in_by="HOST", method="approval"), to="HOST"))
    assert frame == {
        "type": "sessionStarted",
        "session_id": "NEW",
        "login": "ada",
        "method": "approval",
        "signed_in_at": "2026-05-04T12:00:00.250125Z",
        "last_seen_at": "2026-05-04T12:00:00.250125Z",
        "device": {"type": "phone", "name": "Ada's phone", "id": "phone-1", "app": "Wallet"},
        "ip": HOME.ip,
        "place": HOME.place,
        "let_in_by": "HOST",
        "current": False,
    }
