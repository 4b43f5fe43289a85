"""Twilio: forms, signed with HMAC over the address and the fields; the answer can carry a text message back.

https://www.twilio.com/docs/usage/webhooks/webhooks-security, and `request_validator` in Twilio's Python library.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from nod.channels.gateways.credentials import SecretKeys, VendorSecret, require_plain_path
from nod.channels.gateways.payloads import Form
from nod.channels.gateways.signatures import as_bytes, hmac_base64, matches
from nod.domain.deliveries import Delivery, InboundText, Proof, WebhookAnswer
from nod.errors import InvalidSignature

_SIGNED_ID = re.compile(r"MessageSid((?:SM|MM)[0-9a-f]{32})")
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ALGORITHMS = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}


class Keys(SecretKeys, frozen=True, forbid_unknown_fields=True):
    """`shared_key` is the secret of a SharedKey, where a Webhook Setting signs with one instead of the auth token."""

    auth_token: VendorSecret
    shared_key: VendorSecret | None = None


class Twilio:
    """No time is signed, but `MessageSid`, which is unique: a call that is sent again has the same one."""

    name = "twilio"
    proves = Proof(authenticated=True, body_bound=True, replay_protected=True)
    fresh_for: timedelta | None = None
    carries_reply = True
    hears_refusals = False

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def read(self, delivery: Delivery, now: datetime) -> list[InboundText]:
        """The message, or none in calls about other things. `now` does not matter."""
        del now
        require_plain_path(delivery)
        form = Form(delivery.body)
        signed = "".join(name + value for name, value in form.sorted_fields())
        self._verify(delivery, signed)
        message_id, sender, text = (form.get(name) for name in ("MessageSid", "From", "Body"))
        if not (message_id and sender and text):
            return []
        # Names and values are signed run together: who has seen a signed call could cut it up anew, with another sender
        # and id. Twilio's own id would still stand behind its name somewhere: where it does, it must be this message's.
        if not set(_SIGNED_ID.findall(signed)) <= {message_id}:
            raise InvalidSignature()
        return [InboundText(message_id=message_id, sender=sender, text=text)]

    def answer(self, reply: str | None) -> WebhookAnswer:
        """TwiML, in ASCII: whichever encoding it is read in."""
        if reply is None:
            return WebhookAnswer("<Response/>", "text/xml")
        from xml.sax.saxutils import escape

        text = escape(_NOT_IN_XML.sub("", reply)).encode("ascii", "xmlcharrefreplace").decode()
        return WebhookAnswer(f"<Response><Message>{text}</Message></Response>", "text/xml")

    def _verify(self, delivery: Delivery, signed: str) -> None:
        secret, algorithm = self._key(delivery.headers)
        given = delivery.headers.get("x-twilio-signature")
        expected = [hmac_base64(secret, as_bytes(url + signed), algorithm) for url in _spellings(delivery.url)]
        if not any(matches(given, signature) for signature in expected):
            raise InvalidSignature()

    def _key(self, headers: Mapping[str, str]) -> tuple[str, str]:
        settings = headers.get("x-twilio-webhooks-signature-settings")
        if settings is None:
            return self._keys.auth_token, "sha1"
        parts = dict(part.strip().partition("=")[::2] for part in settings.split(","))
        algorithm = _ALGORITHMS.get(parts.get("algorithm", "HMAC_SHA1"))
        if self._keys.shared_key is None or algorithm is None:
            raise InvalidSignature()
        return self._keys.shared_key, algorithm


def _spellings(url: str) -> list[str]:
    # Twilio signs the address sometimes with its port and sometimes without, however it was configured.
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return [url]
    host = parts.netloc.removesuffix(f":{port}")
    other = host if port is not None else f"{host}:{443 if parts.scheme == 'https' else 80}"
    return [url, parts._replace(netloc=other).geturl()]
