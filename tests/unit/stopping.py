"""What tests of NO share."""

from nod.domain.sessions import Session
from nod.domain.sign_in import Approver
from nod.flows.granting import Grant
from tests.builders import ADA
from tests.unit.service import Service


def who(grant: Grant) -> Approver:
    """Whom a grant speaks for."""
    return Approver(grant.account_id, grant.session_id)


def with_hers() -> tuple[Service, Session]:
    """The same, with the session that Ada's account began with, and no number in it."""
    service = Service()
    service.account("ada")
    return service, service.session("PC", founding=True)


def shown(service: Service, account_id: str = ADA) -> set[str]:
    """The logins of an account."""
    return {one.login.shown for one in service.rows.accounts[account_id].bound_logins()}


def living(service: Service, account_id: str = ADA) -> set[str]:
    """The sessions of an account that are alive."""
    sessions = service.rows.sessions.values()
    return {one.session_id for one in sessions if one.account_id == account_id and one.is_alive(service.now)}
