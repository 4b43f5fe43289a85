"""The outside of one Lambda function: open connections and the signing key."""

from __future__ import annotations

from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Any

from nod.settings import Settings

if TYPE_CHECKING:
    from nod.channels.keys import PublicKeys
    from nod.channels.sockets import Sockets
    from nod.channels.tokens import TokenProfile, TokenSigner


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
    def kms(self) -> Any:
        """The KMS client."""
        from nod.channels.aws import client

        return client("kms")

    @cached_property
    def _profile(self) -> TokenProfile:
        from nod.channels.tokens import TokenProfile

        settings = self._settings
        return TokenProfile(settings.issuer, settings.audience, settings.audience, settings.signing_key)
