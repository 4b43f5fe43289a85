"""Access tokens that are signed by the right key, and wrong in one thing (S5)."""

import base64
import json
from typing import Any

Part = dict[str, Any]


def forgeries(header: Part, claims: Part) -> dict[str, tuple[Part, Part]]:
    """Header and claims of a good token, each time with one thing wrong, by what that is."""
    headers = {
        "another type": header | {"typ": "JWT"},
        "no type": _without(header, "typ"),
        "another key": header | {"kid": "other"},
        "no key": _without(header, "kid"),
    }
    contents = {
        "another issuer": claims | {"iss": "https://evil.example"},
        "no issuer": _without(claims, "iss"),
        "for a service": claims | {"aud": "shop"},
        "for several services": claims | {"aud": ["shop", "bank"]},
        "for nobody": _without(claims, "aud"),
        "expired": claims | {"exp": claims["iat"]},
        "without end": _without(claims, "exp"),
        "not yet issued": claims | {"iat": claims["iat"] + 3600},
        "of no account": _without(claims, "sub"),
        "of no session": _without(claims, "sid"),
    }
    return {wrong: (one, claims) for wrong, one in headers.items()} | {
        wrong: (header, one) for wrong, one in contents.items()
    }


def signed(kms: Any, key_id: str, header: Part, claims: Part) -> str:
    """A token with just these parts; `kms`: botocore's client."""
    content = ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
    answer = kms.sign(
        KeyId=key_id, Message=content.encode(), MessageType="RAW", SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256"
    )
    return f"{content}.{_encoded(answer['Signature'])}"


def parts_of(token: str) -> tuple[Part, Part]:
    """The header and the claims of a token."""
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    return header, claims


def _without(part: Part, name: str) -> Part:
    return {one: value for one, value in part.items() if one != name}


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
