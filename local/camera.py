"""A phone's camera: it sees a QR code only as a picture, and reads what is in it."""

import io
from urllib.parse import parse_qs, urlsplit

import resvg_py
import zxingcpp
from PIL import Image

# About what a camera makes of a code on a screen at arm's length.
PIXELS = 300
QR_CODES = zxingcpp.barcode_formats_from_str("QRCode")


class Unreadable(AssertionError):
    """The picture holds no QR code, or more than one."""


def read(svg: str, *, pixels: int = PIXELS) -> str:
    """The content of the one QR code in a picture, drawn `pixels` wide; `Unreadable` otherwise."""
    drawn = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=pixels))
    with Image.open(io.BytesIO(drawn)) as picture:
        found = zxingcpp.read_barcodes(picture.convert("L"), formats=QR_CODES)
    if len(found) != 1:
        raise Unreadable(f"there are {len(found)} QR codes in the picture")
    content: str = found[0].text
    return content


def scan_token(link: str) -> str:
    """What the phone's page takes from the link that it is opened with: its fragment, which no browser sends."""
    (token,) = parse_qs(urlsplit(link).fragment)["scan_token"]
    return token
