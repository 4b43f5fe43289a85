"""Plivo: forms under a signed address. What is in the form is not signed, so the address has a secret part.

https://www.plivo.com/docs/messaging/concepts/signature-validation
"""

from datetime import datetime, timedelta

from nod.channels.gateways.credentials import PathSecret, SecretKeys, VendorSecret, require_path
from nod.channels.gateways.payloads import Form, international
from nod.channels.gateways.signatures import as_bytes, hmac_base64, matches
from nod.domain.deliveries import Delivery, InboundText, Proof, WebhookAnswer
from nod.errors import InvalidSignature

_NONCE = "x-plivo-signature-v2-nonce"
# The second is made with the token of the main account, where the number belongs to a subaccount.
_SIGNATURES = ("x-plivo-signature-v2", "x-plivo-signature-ma-v2")


class Keys(SecretKeys, frozen=True, forbid_unknown_fields=True):
    """`path_secret` is the last part of the address that Plivo was given; the operator makes it up."""

    auth_token: VendorSecret
    path_secret: PathSecret


class Plivo:
    """Whoever sees one call, its nonce and signature, could send another form with them."""

    name = "plivo"
    proves = Proof(authenticated=True, body_bound=False, replay_protected=False)
    fresh_for: timedelta | None = None
    carries_reply = False
    hears_refusals = False

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def read(self, delivery: Delivery, now: datetime) -> list[InboundText]:
        """The message, or none in reports. `now` does not matter."""
        del now
        require_path(delivery, self._keys.path_secret)
        self._verify(delivery)
        form = Form(delivery.body)
        message_id, sender, text = (form.get(name) for name in ("MessageUUID", "From", "Text"))
        if not (message_id and sender and text):
            return []
        return [InboundText(message_id=message_id, sender=international(sender), text=text)]

    def answer(self, reply: str | None) -> WebhookAnswer:
        """XML that asks for nothing."""
        del reply
        return WebhookAnswer("<Response/>", "application/xml")

    def _verify(self, delivery: Delivery) -> None:
        nonce = delivery.headers.get(_NONCE, "")
        expected = hmac_base64(self._keys.auth_token, as_bytes(delivery.url.partition("?")[0] + nonce))
        given = [delivery.headers.get(name) for name in _SIGNATURES]
        if not nonce or not any(matches(signature, expected) for signature in given):
            raise InvalidSignature()
