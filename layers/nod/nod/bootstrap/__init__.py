"""The composition root: puts together what one Lambda function needs, and imports nothing that it does not.

`sign_ins`, `account`, `sms`, `authorizer` and `websocket` are one function each. Only this package knows stores and
channels; a part is imported and made when a function first needs it, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nod.bootstrap.hand_over import HandOverParts
from nod.bootstrap.messaging import Messaging
from nod.bootstrap.parts import Parts, now
from nod.settings import Settings

if TYPE_CHECKING:
    from nod.api.webhooks import Webhooks
    from nod.api.websocket import Authorizer, Frames
    from nod.channels.keys import PublicKeys
    from nod.flows.account import PasswordSignIn, Refreshing
    from nod.flows.answering import Answering
    from nod.flows.approval import Approval
    from nod.flows.binding import LoginBinding
    from nod.flows.connecting import Connecting, Ticketing
    from nod.flows.phone import PhoneSignIn
    from nod.flows.qr import HandOver
    from nod.flows.redeeming import Redeeming
    from nod.flows.sessions import SessionControl

__all__ = ["AccountFlows", "SignInFlows", "account", "authorizer", "now", "sign_ins", "sms", "websocket"]


class SignInFlows(NamedTuple):
    """What the sign_ins function does."""

    approval: Approval
    phone: PhoneSignIn
    hand_over: HandOver
    redeeming: Redeeming


class AccountFlows(NamedTuple):
    """What the account function does."""

    keys: PublicKeys
    passwords: PasswordSignIn
    refreshing: Refreshing
    logins: LoginBinding
    control: SessionControl
    ticketing: Ticketing
    connecting: Connecting
    answering: Answering


def sign_ins(settings: Settings) -> SignInFlows:
    """The flows behind `/sign-ins`."""
    parts = Parts(settings)
    return SignInFlows(parts.approval, Messaging(parts).phone, HandOverParts(parts).hand_over, parts.redeeming)


def account(settings: Settings) -> AccountFlows:
    """The flows behind accounts, sessions, tickets and prompts."""
    parts = Parts(settings)
    return AccountFlows(
        keys=parts.outside.keys,
        passwords=parts.passwords,
        refreshing=parts.refreshing,
        logins=Messaging(parts).login_binding,
        control=parts.control,
        ticketing=parts.ticketing,
        connecting=parts.connecting,
        answering=parts.answering,
    )


def sms(settings: Settings) -> Webhooks:
    """The gateways' edge."""
    return Messaging(Parts(settings)).webhooks


def authorizer(settings: Settings) -> Authorizer:
    """The handshake's authorizer."""
    from nod.api.websocket import Authorizer

    return Authorizer(Parts(settings).ticketing, settings.origins)


def websocket(settings: Settings) -> Frames:
    """The frames of the WebSocket API."""
    from nod.api.websocket import Frames

    parts = Parts(settings)
    showing = HandOverParts(parts).showing
    return Frames(parts.connecting, parts.answering, parts.control, showing, parts.outside.sockets.post)
