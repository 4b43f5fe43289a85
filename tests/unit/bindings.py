"""What tests of bound logins share."""

from typing import Any

from nod.domain.logins import BoundLogin
from nod.domain.sessions import Session
from nod.domain.texts import SmsToSend
from nod.flows.binding import Unproven
from tests.builders import ADA, GRACE, GRACES_NUMBER
from tests.unit.service import Service


def with_ada(**parameters: Any) -> tuple[Service, Session]:
    """A service where Ada has a username and a password, and the session that her account began with wants more."""
    service = Service(**parameters)
    service.account("ada", password_hash="hers")
    service.account("grace", GRACES_NUMBER, account_id=GRACE)
    return service, service.session("PHONE", founding=True)


def bound(service: Service, account_id: str = ADA) -> set[str]:
    """The logins of an account."""
    return {one.login.shown for one in service.rows.accounts[account_id].bound_logins()}


def to_send(asked: BoundLogin | Unproven) -> SmsToSend:
    """What a phone is to send so that its number is bound."""
    assert isinstance(asked, Unproven)
    assert asked.sms is not None
    return asked.sms
