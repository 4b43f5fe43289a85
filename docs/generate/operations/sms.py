"""The operations of the sms function: what SMS gateways call."""

from docs.generate.operations.operation import TEXTS, Operation, OwnFormat
from nod.api import http
from nod.api.webhooks import MAX_WEBHOOK_BYTES
from nod.errors import InvalidSignature, NotFound, TryAgain

_CALL = OwnFormat((http.JSON, "application/x-www-form-urlencoded"), "As the gateway sends it.")
_ACKNOWLEDGED = OwnFormat(
    (http.JSON, "text/xml", "application/xml"),
    "It was taken. In the gateway's own format, which may carry the text message that is sent back.",
)

OPERATIONS = (
    Operation(
        method="POST",
        path="/sms/{gateway}",
        name="receiveText",
        tag=TEXTS,
        summary="A text message arrived",
        description="In the gateway's own format, proven as the gateway proves its calls: by a signature over what it"
        " sends. A message that comes again does nothing again, and a call that is not proven does nothing. At most"
        f" {MAX_WEBHOOK_BYTES // 1024} KiB.",
        request=_CALL,
        answers={200: _ACKNOWLEDGED},
        errors=(InvalidSignature, NotFound, TryAgain),
    ),
    Operation(
        method="POST",
        path="/sms/{gateway}/{path_secret}",
        name="receiveTextAtSecretPath",
        tag=TEXTS,
        summary="A text message arrived, at a secret address",
        description="As without the secret, for a gateway whose calls prove too little for any other address.",
        request=_CALL,
        answers={200: _ACKNOWLEDGED},
        errors=(InvalidSignature, NotFound, TryAgain),
    ),
)
