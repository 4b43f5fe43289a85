"""What tests of the hand-over share."""

from typing import Any

import pytest

from nod.domain.prompts import ShownPrompt
from nod.domain.pushes import QrPush
from nod.domain.sign_in import Approver
from nod.errors import WrongScan
from nod.flows.qr import Scanned
from nod.flows.starting import Started
from tests.builders import ADA, ADAS_NUMBER, GRACE, GRACES_NUMBER, OTHER_VERIFIER
from tests.fakes.rows import LoginRow
from tests.unit.service import Service

LOGIN, TABLET = f"tel:{ADAS_NUMBER}", "device:tablet-3"
PC, LAPTOP = Approver(ADA, "PC"), Approver(ADA, "LAPTOP")
PCS_PAGE, LAPTOPS_PAGE = "page of PC", "page of LAPTOP"
THIRD_VERIFIER = "a-third-device-made-this-verifier-in-some-far-place"


def with_ada(*pages: str, **parameters: Any) -> Service:
    """A service where Ada has a number and a tablet, and these sessions have their page open. Grace has an account."""
    service = Service(**parameters)
    service.account("ada", ADAS_NUMBER)
    service.account("grace", GRACES_NUMBER, account_id=GRACE)
    service.rows.logins[TABLET] = LoginRow(ADA, service.now)
    for session_id in pages:
        service.page(session_id)
    return service


def begun(service: Service, page: str = PCS_PAGE) -> tuple[Started, QrPush]:
    """Ada's phone has asked, and this page shows a code."""
    started = service.start_qr()
    return started, code_on(service, page)


def code_on(service: Service, page: str = PCS_PAGE) -> QrPush:
    """The one code that a page got."""
    (code,) = service.shown(page)
    return code


def scanned(service: Service, page: str = PCS_PAGE) -> tuple[Started, QrPush, Scanned]:
    """Ada's phone has scanned the code on this page."""
    started, code = begun(service, page)
    return started, code, service.scan(started, code)


def stranger_scans(service: Service, started: Started, code: QrPush, *, verifier: str = OTHER_VERIFIER) -> None:
    """Another device sends what it has read, and is refused."""
    with pytest.raises(WrongScan):
        service.scan(started, code, verifier=verifier)


def status(service: Service, started: Started) -> str:
    """How a sign-in stands."""
    return service.sign_in(started).standing(service.now)


def counted(service: Service, name: str = "hand-overs") -> int:
    """How often something was counted against a limit."""
    return sum(count for (limit, _, _), count in service.rows.counts.items() if limit == name)


def open_prompts(service: Service, who: Approver) -> list[ShownPrompt]:
    """The prompts that a session sees."""
    return service.connecting.open_prompts(who)
