"""What tests of text messages share."""

from typing import Any

from nod.domain.texts import Outcome, refusal_text
from nod.flows.starting import Started
from tests.builders import ADAS_NUMBER, APP, GRACE, GRACES_NUMBER
from tests.fakes import Rows
from tests.unit.service import Service

LOGIN, GRACES_LOGIN = f"tel:{ADAS_NUMBER}", f"tel:{GRACES_NUMBER}"
WORK_TIME = 35


def with_ada(**parameters: Any) -> Service:
    """A service where Ada's number has an account, with a password, and so has Grace's number, without."""
    service = Service(**parameters)
    service.account("ada", ADAS_NUMBER, password_hash="hers")
    service.account("grace", GRACES_NUMBER, account_id=GRACE)
    return service


def status(service: Service, started: Started) -> str:
    """How a sign-in stands."""
    return service.sign_in(started).standing(service.now)


def refusal(outcome: Outcome) -> list[str]:
    """The one text that tells why nothing came of a message."""
    return [refusal_text(APP, outcome)]


def without_claims(rows: Rows) -> dict[str, Any]:
    """All rows but the claims of messages, and the counts of refusals."""
    return {
        name: dict(value) for name, value in vars(rows).items() if name not in ("messages", "messages_end", "counts")
    }


def password_in(text: str) -> str:
    """The password that a reply tells."""
    return text.split("password ")[1].split(" ", maxsplit=1)[0]
