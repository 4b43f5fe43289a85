"""A prompt: what an approver sees of a sign-in, and never more (no mark on the right answer)."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from nod.domain.device import Device
from nod.domain.logins import login_from_key
from nod.domain.sign_in import SignIn
from nod.domain.status import Method
from nod.domain.verification import ShownVerification


class ShownPrompt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody asks to be let in, as the approver's device gets it (R1.3). Times are UTC."""

    sign_in_id: str
    method: Method
    login: Annotated[str, Meta(description="The one that was asked for.")]
    device: Device
    ip: Annotated[str, Meta(description="The address that the request came from.")]
    place: Annotated[str | None, Meta(description="Roughly where that address is; null where it is not known.")]
    created_at: datetime
    expires_at: datetime
    message: Annotated[str | None, Meta(description="What the person who asks says; a claim.")] = None
    verification: ShownVerification


class Prompt(ShownPrompt, frozen=True, kw_only=True):
    """One open prompt of an account. `addressed_to` is the session chosen to be asked, None for every approver."""

    account_id: str
    addressed_to: str | None = None

    def is_for(self, session_id: str, now: datetime) -> bool:
        """Whether this session is to see the prompt at `now`."""
        return now < self.expires_at and self.addressed_to in (None, session_id)

    def is_to_scan(self, now: datetime) -> bool:
        """Whether it stands for a QR code that no device has scanned yet: nobody can be asked until then."""
        return self.method == "qr" and self.addressed_to == NOBODY and now < self.expires_at

    def shown(self) -> ShownPrompt:
        """What its approver sees of it."""
        return ShownPrompt(**{name: getattr(self, name) for name in ShownPrompt.__struct_fields__})


# A prompt that is kept before its approver was picked is addressed to nobody.
NOBODY = ""


def prompt_for(sign_in: SignIn, verification: ShownVerification) -> Prompt:
    """The prompt of a pending sign-in."""
    return Prompt(
        account_id=sign_in.account_id,
        sign_in_id=sign_in.sign_in_id,
        method=sign_in.method,
        login=login_from_key(sign_in.login).shown,
        device=sign_in.device,
        ip=sign_in.network.ip,
        place=sign_in.network.place,
        created_at=sign_in.created_at,
        expires_at=sign_in.expires_at,
        message=sign_in.message,
        verification=verification,
    )
