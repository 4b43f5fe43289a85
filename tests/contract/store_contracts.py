"""What flows rely on in the stores: one class of tests for each port, which take a fixture `stores` with nothing in it.

The classes are collected where they are imported: by `tests/unit` for the fakes, by `tests/integration` for the tables.
"""

from tests.contract.accounts import AccountsContract
from tests.contract.bindings import BindingsContract
from tests.contract.connections import ConnectionsContract
from tests.contract.deciding import DecidingContract
from tests.contract.known_devices import KnownDevicesContract
from tests.contract.logins import LoginsContract
from tests.contract.messages import MessagesContract
from tests.contract.passwords import PasswordsContract
from tests.contract.prompts import PromptsContract
from tests.contract.scanning import ScanningContract
from tests.contract.sessions import SessionsContract
from tests.contract.sign_ins import SignInsContract
from tests.contract.slots import SlotsContract
from tests.contract.stopping import StoppingContract
from tests.contract.telling import TellingContract
from tests.contract.throttles import ThrottlesContract
from tests.contract.tickets import TicketsContract

__all__ = [
    "AccountsContract",
    "BindingsContract",
    "ConnectionsContract",
    "DecidingContract",
    "KnownDevicesContract",
    "LoginsContract",
    "MessagesContract",
    "PasswordsContract",
    "PromptsContract",
    "ScanningContract",
    "SessionsContract",
    "SignInsContract",
    "SlotsContract",
    "StoppingContract",
    "TellingContract",
    "ThrottlesContract",
    "TicketsContract",
]
