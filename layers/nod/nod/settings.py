"""What the stack's parameters and resources tell a function, read from its environment once."""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

import msgspec

from nod.domain.connections import ApproverPolicy
from nod.domain.sessions import Lifetimes
from nod.domain.texts import SenderOfTexts
from nod.domain.verification import Mode


def _variable(name: str) -> str:
    return f"NOD_{name.upper()}"


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename=_variable):
    """Everything configurable; each field is an environment variable such as `NOD_DEFAULT_VERIFICATION`."""

    issuer: str = ""
    audience: str = "nod"
    websocket_url: str = ""
    public_url: str = ""
    signing_key: str = ""
    edge_key_hash: str = ""
    allowed_origins: str = "none"
    default_verification: Mode = "choose"
    minimum_verification: Mode = "choose"
    approver_policy: ApproverPolicy = "all"
    conceal_accounts: bool = False
    password_sign_up: bool = False
    phone_sign_in_approval: Literal["never", "when_online"] = "when_online"
    hand_over_confirmation: Literal["none", "choose"] = "choose"
    phone_page: str = ""
    send_account_sms: bool = False
    app_name: str = "Nod"
    sms_number: str = ""
    text_sender: Literal["sns", "console"] = "sns"
    mail_from: str = ""
    gateway_secrets: str = ""
    starts_per_minute_per_address: int = 30
    sign_in_lifetime_seconds: int = 120
    session_idle_days: int = 30
    session_max_days: int = 90
    eviction_age_hours: int = 24
    accounts_table: str = "Accounts"
    logins_table: str = "Logins"
    sessions_table: str = "Sessions"
    connections_table: str = "Connections"
    sign_ins_table: str = "SignIns"
    prompts_table: str = "Prompts"
    tickets_table: str = "Tickets"
    throttles_table: str = "Throttles"
    bindings_table: str = "Bindings"
    messages_table: str = "Messages"

    @property
    def origins(self) -> frozenset[str]:
        """The origins of pages that may connect; empty where no page may."""
        return frozenset(self.allowed_origins.split(",")) - {"none", ""}

    @property
    def asks_approvers(self) -> bool:
        """Whether a connected approver must allow what a text message lets in."""
        return self.phone_sign_in_approval == "when_online"

    @property
    def app(self) -> SenderOfTexts:
        """Who writes the text messages."""
        return SenderOfTexts(self.app_name, self.sms_number)

    @property
    def lifetimes(self) -> Lifetimes:
        """How long sessions live."""
        return Lifetimes(idle=timedelta(days=self.session_idle_days), longest=timedelta(days=self.session_max_days))


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this function; `ValueError` names the variable that does not fit."""
    return msgspec.convert(dict(environment), Settings, strict=False)
