"""Where a request comes from (R1.3, attack A11)."""

import pytest

from nod.api.origin import network_of
from nod.domain.device import Network
from nod.domain.identifiers import fingerprint

SECRET = "the secret that CloudFront adds"
EDGE = fingerprint(SECRET)
PLATFORM = "3.172.17.4"
VIEWER = {
    "x-nod-edge": SECRET,
    "cloudfront-viewer-address": "81.2.69.160:44321",
    "cloudfront-viewer-city": "London",
    "cloudfront-viewer-country-name": "United Kingdom",
}


def test_r1_3_without_an_edge_the_platform_tells_the_address() -> None:
    """R1.3: the address is what API Gateway saw, and the place is not known."""
    assert network_of(PLATFORM, {}, edge_key_hash="") == Network(PLATFORM, None)


@pytest.mark.parametrize("edge_key_hash", ["", EDGE])
@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip", "x-client-ip"])
def test_a11_a_forged_forwarding_header_is_never_read(header: str, edge_key_hash: str) -> None:
    """A11: no header that a client can write changes the address that is shown."""
    headers = {header: "81.2.69.160"}
    assert network_of(PLATFORM, headers, edge_key_hash=edge_key_hash) == Network(PLATFORM, None)


def test_r1_3_a_trusted_edge_tells_the_viewer() -> None:
    """R1.3: behind CloudFront the address and place are those of the person."""
    assert network_of(PLATFORM, VIEWER, edge_key_hash=EDGE) == Network("81.2.69.160", "London, United Kingdom")


@pytest.mark.parametrize("secret", [None, "", "guess", EDGE, SECRET.upper(), SECRET + " "])
def test_a11_who_does_not_know_the_edge_s_secret_is_not_the_edge(secret: str | None) -> None:
    """A11: viewer headers count only beside the right secret; the hash of it is not the secret."""
    headers = {name: value for name, value in {**VIEWER, "x-nod-edge": secret}.items() if value is not None}
    assert network_of(PLATFORM, headers, edge_key_hash=EDGE) == Network(PLATFORM, None)


def test_a11_where_there_is_no_edge_no_secret_is_right() -> None:
    """A11: a stack without an edge believes no viewer header, whatever comes with it."""
    for secret in ("", SECRET):
        assert network_of(PLATFORM, {**VIEWER, "x-nod-edge": secret}, edge_key_hash="") == Network(PLATFORM, None)


@pytest.mark.parametrize(
    ("address", "ip"),
    [
        ("2a00:1450:4009:81f::200e:443", "2a00:1450:4009:81f::200e"),
        ("[2a00:1450:4009:81f::200e]:443", "2a00:1450:4009:81f::200e"),
        ("::ffff:81.2.69.160:443", "::ffff:81.2.69.160"),
        ("81.2.69.160:0", "81.2.69.160"),
    ],
)
def test_the_viewer_s_address_comes_with_a_port(address: str, ip: str) -> None:
    """IPv4 and IPv6 addresses are read without their port."""
    headers = {**VIEWER, "cloudfront-viewer-address": address}
    assert network_of(PLATFORM, headers, edge_key_hash=EDGE).ip == ip


@pytest.mark.parametrize("address", [None, "", "81.2.69.160", "localhost:80", "81.2.69:443", "\u202e81.2.69.160:443"])
def test_an_edge_that_tells_no_address_tells_nothing(address: str | None) -> None:
    """Without a readable viewer address the place does not count either: it would belong to another address."""
    headers = {name: value for name, value in VIEWER.items() if name != "cloudfront-viewer-address"}
    if address is not None:
        headers["cloudfront-viewer-address"] = address
    assert network_of(PLATFORM, headers, edge_key_hash=EDGE) == Network(PLATFORM, None)


@pytest.mark.parametrize(
    ("city", "country", "place"),
    [
        ("London", None, "London"),
        (None, "United Kingdom", "United Kingdom"),
        (None, None, None),
        ("", "", None),
        ("Lon\u202edon", "United Kingdom", "United Kingdom"),
        ("London\x00", "United\nKingdom", None),
        ("東京", "日本", "東京, 日本"),
    ],
)
def test_a11_a_place_that_could_mislead_is_left_out(city: str | None, country: str | None, place: str | None) -> None:
    """A11: what is missing or could disguise itself is not shown, the rest is."""
    given = {"cloudfront-viewer-city": city, "cloudfront-viewer-country-name": country}
    headers = {**VIEWER, **given}
    present = {name: value for name, value in headers.items() if value is not None}
    assert network_of(PLATFORM, present, edge_key_hash=EDGE).place == place


def test_a_place_is_never_long() -> None:
    """A place has at most 128 characters."""
    headers = {**VIEWER, "cloudfront-viewer-city": "x" * 1000}
    assert network_of(PLATFORM, headers, edge_key_hash=EDGE).place == "x" * 128


@pytest.mark.parametrize("ip", ["127.0.0.1", "192.168.1.20", "10.1.2.3", "::1", "fd00::1"])
def test_a_private_address_is_of_the_local_network(ip: str) -> None:
    """On a laptop or in a private network, people are told so."""
    assert network_of(ip, {}, edge_key_hash="") == Network(ip, "local network")


def test_what_is_no_address_has_no_place() -> None:
    """A platform that tells no address leaves the place open."""
    assert network_of("unknown", {}, edge_key_hash="") == Network("unknown", None)
