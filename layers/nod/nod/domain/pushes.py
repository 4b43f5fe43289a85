"""What is pushed over WebSocket connections: one struct for each frame, told apart by `type`."""

import msgspec

from nod.domain.prompts import Prompt, ShownPrompt
from nod.domain.sessions import Session, ShownSession, shown
from nod.domain.status import Ending, Verdict


class PromptPush(ShownPrompt, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="prompt"):
    """To approvers: somebody asks to be let in."""


class PromptClosed(msgspec.Struct, frozen=True, tag_field="type", tag="promptClosed"):
    """To the other approvers: the prompt is over."""

    sign_in_id: str
    status: Ending


class SignInResolved(msgspec.Struct, frozen=True, tag_field="type", tag="signInResolved"):
    """To the waiting device: somebody answered, or its text message arrived. It then redeems over HTTP."""

    sign_in_id: str
    status: Verdict


class SessionStarted(ShownSession, frozen=True, kw_only=True, tag_field="type", tag="sessionStarted"):
    """To all sessions of an account: there is a new one."""


class SessionEnded(msgspec.Struct, frozen=True, tag_field="type", tag="sessionEnded"):
    """To all sessions of an account: one was ended."""

    session_id: str


Push = PromptPush | PromptClosed | SignInResolved | SessionStarted | SessionEnded


def prompt_push(prompt: Prompt) -> PromptPush:
    """The frame that carries a prompt."""
    return PromptPush(**{name: getattr(prompt, name) for name in ShownPrompt.__struct_fields__})


def session_started(session: Session, *, to: str) -> SessionStarted:
    """The frame that tells session `to` of a new session."""
    seen = shown(session, to=to)
    return SessionStarted(**{name: getattr(seen, name) for name in ShownSession.__struct_fields__})
