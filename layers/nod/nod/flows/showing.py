"""The hand-over page of a signed-in PC: QR codes appear on it, renewed while their sign-in lives (R4.1, R4.3)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random

import msgspec

from nod.concurrency import Together
from nod.domain.connections import Connection
from nod.domain.device import Device
from nod.domain.prompts import Prompt
from nod.domain.pushes import QrPush
from nod.domain.scanning import ScanCode, ScanToken, draw_code
from nod.domain.sign_in import Approver, Overtaken, SignIn
from nod.errors import InvalidToken, NodError, NotAnswerable, UnknownSignIn
from nod.flows.ports import Clock, SignIns

DrawPicture = Callable[[str], str]


class ShownCode(msgspec.Struct, frozen=True):
    """A code for one page: what its device will read, and what is kept of it."""

    page: Connection
    token: ScanToken
    code: ScanCode


@dataclass(frozen=True)
class Showing:
    """Making codes and their pictures. `phone_page` is the address that they lead to, empty where there is none."""

    sign_ins: SignIns
    together: Together
    phone_page: str
    picture: DrawPicture
    clock: Clock
    rng: Random

    def codes_for(self, sign_in_id: str, pages: Iterable[Connection], now: datetime) -> list[ShownCode]:
        """A code for each page of its own, so that the one that is read says which page it was on."""
        return [
            ShownCode(page, *draw_code(sign_in_id, page.session_id, now, self.rng)) for page in pages if page.session_id
        ]

    def frame(self, token: ScanToken, code: ScanCode, device: Device, ends_at: datetime) -> QrPush:
        """The frame that shows a code; `ends_at` is when its sign-in does."""
        url = token.link(self.phone_page)
        return QrPush(
            sign_in_id=token.sign_in_id,
            device=device,
            svg=self.picture(url),
            url=url,
            expires_at=min(code.expires_at, ends_at),
        )

    def renew(self, sign_in_id: str, by: Approver) -> QrPush:
        """A fresh code for a page of session `by`; those before stay good for their 30 seconds.

        Raises `UnknownSignIn` (another account's too), `NotAnswerable` once it was scanned, is over, or has had 200
        codes, and `InvalidToken` where the session was ended.
        """
        now = self.clock()
        token, code = draw_code(sign_in_id, by.session_id, now, self.rng)
        try:
            sign_in, _ = self.together(
                partial(self.sign_ins.get, sign_in_id),
                partial(self.sign_ins.add_code, sign_in_id, code, by=by, now=now),
            )
        except Overtaken as overtaken:
            raise _refusal(overtaken.current, by, now) from None
        return self.frame(token, code, sign_in.device, sign_in.expires_at)

    def show_again(self, prompts: Iterable[Prompt], by: Approver) -> list[QrPush]:
        """Codes of all sign-ins that wait to be scanned, for a page that was just opened, or opened again."""
        now = self.clock()
        drawn = [(one, *draw_code(one.sign_in_id, by.session_id, now, self.rng)) for one in prompts]
        added = self.together(*(partial(self._is_added, one.sign_in_id, code, by, now) for one, _, code in drawn))
        shown = [entry for entry, is_added in zip(drawn, added, strict=True) if is_added]
        return [self.frame(token, code, one.device, one.expires_at) for one, token, code in shown]

    def _is_added(self, sign_in_id: str, code: ScanCode, by: Approver, now: datetime) -> bool:
        try:
            self.sign_ins.add_code(sign_in_id, code, by=by, now=now)
        except (Overtaken, InvalidToken):
            return False
        return True


def _refusal(current: SignIn | None, by: Approver, now: datetime) -> NodError:
    if current is None:
        return UnknownSignIn()
    try:
        current.require_scannable(by, now)
    except NodError as error:
        return error
    return NotAnswerable("a sign-in has at most 200 QR codes")
