"""Where a request comes from: the address that the platform saw, and the place that a trusted edge tells.

API Gateway's source address cannot be forged, `X-Forwarded-For` can and is never read (A11). Behind CloudFront the
source is CloudFront, so the viewer's address and place stand in headers; they count only when the request carries the
secret that CloudFront was told to add, which is known here by its hash.
"""

import ipaddress
from collections.abc import Mapping

from nod.domain.device import Network
from nod.domain.identifiers import matches
from nod.domain.text import is_readable

EDGE_HEADER = "x-nod-edge"
VIEWER_ADDRESS = "cloudfront-viewer-address"
VIEWER_CITY = "cloudfront-viewer-city"
VIEWER_COUNTRY = "cloudfront-viewer-country-name"


def network_of(source_ip: str, headers: Mapping[str, str], *, edge_key_hash: str) -> Network:
    """The network facts of a request; `headers` with lower-case names."""
    secret = headers.get(EDGE_HEADER)
    if not edge_key_hash or secret is None or not matches(secret, expected_fingerprint=edge_key_hash):
        return Network(source_ip, _private_place(source_ip))
    # The viewer's address comes with its port: "203.0.113.7:443", "2001:db8::1:443".
    viewer = headers.get(VIEWER_ADDRESS, "").rpartition(":")[0].strip("[]")
    if not _is_address(viewer):
        return Network(source_ip, _private_place(source_ip))
    parts = [headers[name] for name in (VIEWER_CITY, VIEWER_COUNTRY) if headers.get(name)]
    place = ", ".join(part for part in parts if is_readable(part))[:128]
    return Network(viewer, place or None)


def _private_place(ip: str) -> str | None:
    return "local network" if _is_address(ip) and ipaddress.ip_address(ip).is_private else None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
