"""What tests of sessions under the control of one another share."""

from datetime import timedelta

from nod.domain.sign_in import Approver
from tests.builders import ADA, GRACE
from tests.unit.service import Service

HOUR = 3600
# So that the connections of all are still open, which last two hours.
A_WHILE = 900
OLD, MIDDLE, NEW = Approver(ADA, "OLD"), Approver(ADA, "MIDDLE"), Approver(ADA, "NEW")
GRACES = Approver(GRACE, "GRACES")


def three_sessions(eviction_age: timedelta = timedelta(hours=24)) -> Service:
    """Ada signed in three times, one after another, and is connected from each; Grace is there as well."""
    service = Service(eviction_age=eviction_age)
    service.account("ada", "countess")
    service.account("grace", account_id=GRACE)
    for who in (GRACES, OLD, MIDDLE, NEW):
        service.wait(A_WHILE)
        service.approver(who.session_id, who.account_id)
    return service


def let_in_by(service: Service, host: Approver) -> Approver:
    """A device that a session lets in."""
    started = service.start()
    service.answer(started, "allow", by=host)
    return Approver(ADA, service.redeem(started).session_id)


def guest_of(service: Service, host: Approver) -> Approver:
    """The same, a while later, and connected from then on."""
    service.wait(A_WHILE)
    guest = let_in_by(service, host)
    service.connect(service.control.alive(guest), f"socket of {guest.session_id}")
    service.sockets.posted.clear()
    return guest
