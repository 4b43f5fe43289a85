"""Where things are kept: the tables that one Lambda function uses, over one client."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from nod.settings import Settings

if TYPE_CHECKING:
    from pynamodb.connection import Connection

    from nod.stores.accounts import Accounts
    from nod.stores.bindings import Bindings
    from nod.stores.connections import Connections
    from nod.stores.logins import Logins
    from nod.stores.messages import Messages
    from nod.stores.passwords import Passwords
    from nod.stores.prompts import Prompts
    from nod.stores.sessions import Sessions
    from nod.stores.sign_ins import SignIns
    from nod.stores.slots import Slots
    from nod.stores.throttles import Throttles
    from nod.stores.tickets import Tickets


class Tables:
    """The tables of one Lambda function."""

    def __init__(self, settings: Settings) -> None:
        """`settings` names the tables."""
        self._settings = settings

    @cached_property
    def client(self) -> Connection:
        """The DynamoDB client that they share."""
        from nod.stores.table import connect

        return connect()

    @cached_property
    def logins(self) -> Logins:
        """The Logins table."""
        from nod.stores.logins import Logins

        return Logins(self.client, self._settings.logins_table)

    @cached_property
    def sessions(self) -> Sessions:
        """The Sessions table."""
        from nod.stores.sessions import Sessions

        return Sessions(self.client, self._settings.sessions_table)

    @cached_property
    def sign_ins(self) -> SignIns:
        """The SignIns table, with those that change along with it."""
        from nod.stores.sign_ins import SignIns

        _ = self.prompts, self.sessions, self.tickets, self.logins, self.throttles
        return SignIns(self.client, self._settings.sign_ins_table)

    @cached_property
    def prompts(self) -> Prompts:
        """The Prompts table."""
        from nod.stores.prompts import Prompts

        return Prompts(self.client, self._settings.prompts_table)

    @cached_property
    def connections(self) -> Connections:
        """The Connections table."""
        from nod.stores.connections import Connections

        _ = self.sessions
        return Connections(self.client, self._settings.connections_table)

    @cached_property
    def throttles(self) -> Throttles:
        """The Throttles table."""
        from nod.stores.throttles import Throttles

        return Throttles(self.client, self._settings.throttles_table)

    @cached_property
    def slots(self) -> Slots:
        """Open sign-ins, in the Throttles table."""
        from nod.stores.slots import Slots

        return Slots(self.client, self._settings.throttles_table)

    @cached_property
    def accounts(self) -> Accounts:
        """The Accounts table, with the Logins that change along with it."""
        from nod.stores.accounts import Accounts

        _ = self.logins, self.sessions
        return Accounts(self.client, self._settings.accounts_table)

    @cached_property
    def passwords(self) -> Passwords:
        """The passwords in the Accounts table."""
        from nod.stores.passwords import Passwords

        _ = self.accounts
        return Passwords(self.client)

    @cached_property
    def bindings(self) -> Bindings:
        """The Bindings table, with those that change along with it."""
        from nod.stores.bindings import Bindings

        _ = self.accounts
        return Bindings(self.client, self._settings.bindings_table)

    @cached_property
    def messages(self) -> Messages:
        """The Messages table, with those that change along with it."""
        from nod.stores.messages import Messages

        _ = self.sign_ins, self.bindings, self.throttles
        return Messages(self.client, self._settings.messages_table)

    @cached_property
    def tickets(self) -> Tickets:
        """The Tickets table."""
        from nod.stores.tickets import Tickets

        return Tickets(self.client, self._settings.tickets_table)
