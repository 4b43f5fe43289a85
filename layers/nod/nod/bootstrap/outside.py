"""The outside of one Lambda function: open connections and the signing key."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property, partial
from random import Random
from typing import TYPE_CHECKING, Any

from nod import overload
from nod.settings import Settings

if TYPE_CHECKING:
    from nod.channels.keys import PublicKeys
    from nod.channels.mail import SesMail
    from nod.channels.secrets import GatewaySecrets
    from nod.channels.sockets import Sockets
    from nod.channels.tokens import TokenProfile, TokenSigner
    from nod.domain.deliveries import Gateway
    from nod.flows.ports import TextSender


class Outside:
    """What one Lambda function reaches beside its tables."""

    def __init__(self, settings: Settings, rng: Random) -> None:
        """`settings` says where it is."""
        self._settings = settings
        self._rng = rng

    @cached_property
    def sockets(self) -> Sockets:
        """The open connections."""
        from nod.channels.aws import client
        from nod.channels.sockets import Sockets

        return Sockets(client("apigatewaymanagementapi"))

    @cached_property
    def signer(self) -> TokenSigner:
        """The signing key's private use."""
        from nod.channels.tokens import TokenSigner

        return TokenSigner(self.kms, self._profile, self._rng)

    @cached_property
    def keys(self) -> PublicKeys:
        """The signing key's public half."""
        from nod.channels.keys import PublicKeys

        return PublicKeys(self.kms, self._profile)

    @cached_property
    def texts(self) -> TextSender:
        """Text messages out."""
        from nod.channels.aws import client
        from nod.channels.texts import ConsoleTexts, SnsTexts

        return ConsoleTexts() if self._settings.text_sender == "console" else SnsTexts(client("sns"))

    @cached_property
    def mailer(self) -> SesMail | None:
        """Email out, None where the stack has no address to send from."""
        from nod.channels.aws import client
        from nod.channels.mail import SesMail

        sender = self._settings.mail_from
        return SesMail(partial(client, "sesv2"), sender) if sender else None

    @cached_property
    def gateway_secrets(self) -> GatewaySecrets:
        """What the gateways sign with."""
        from nod.channels.aws import client
        from nod.channels.secrets import GatewaySecrets

        return GatewaySecrets(client("secretsmanager"), self._settings.gateway_secrets)

    def gateway(self, name: str, now: datetime) -> Gateway | None:
        """The gateway that is called `name`, None where there is none or it is not set up."""
        from nod.channels import gateways

        if name not in gateways.NAMES:
            return None
        keys = self.gateway_secrets.of(name, now)
        return gateways.make(name, keys) if keys is not None else None

    @cached_property
    def kms(self) -> Any:
        """The KMS client."""
        from nod.channels.aws import client

        kms = client("kms")
        overload.watch(kms)
        return kms

    @cached_property
    def _profile(self) -> TokenProfile:
        from nod.channels.tokens import TokenProfile

        settings = self._settings
        return TokenProfile(settings.issuer, settings.audience, settings.audience, settings.signing_key)
