"""QR codes as pictures: a real reader reads them back (R4.3; attack I2)."""

import io
from random import Random
from xml.etree import ElementTree as ET

import pytest
import resvg_py
import zxingcpp
from PIL import Image

from nod.channels.pictures import QUIET_ZONE, qr_svg
from nod.domain.scanning import draw_code
from tests.builders import NOW

PAGE = "https://app.example.com/phone"
LONG_PAGE = f"https://{'a-rather-long-name.' * 6}example.com/{'sub/' * 20}phone?locale=en-GB"
SVG = "{http://www.w3.org/2000/svg}"


def link(page: str = PAGE) -> str:
    """What a code holds."""
    return draw_code("0123456789ABCDEFGHJKMNPQRS", "PC", NOW, Random(1))[0].link(page)


def modules(svg: str) -> int:
    """How many modules a picture is wide, its quiet zone included."""
    zero, zero_too, width, height = ET.fromstring(svg).attrib["viewBox"].split()  # noqa: S314 - our own.
    assert (zero, zero_too, height) == ("0", "0", width)
    return int(width)


def drawn(svg: str, pixels_per_module: int) -> Image.Image:
    """The picture in shades of grey, on a background that is neither black nor white."""
    width = modules(svg) * pixels_per_module
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width, background="#f00"))
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.size == (width, width)
        return picture.convert("L")


@pytest.mark.parametrize("pixels_per_module", [3, 8])
@pytest.mark.parametrize(
    "content", [link(), link(LONG_PAGE), "https://app.example.com/t\u00e9l\u00e9phone#scan_token=A.B"]
)
def test_r4_3_a_reader_reads_the_link(content: str, pixels_per_module: int) -> None:
    """R4.3: the very same link, also a long one, on a small screen as on a large one."""
    found = zxingcpp.read_barcodes(drawn(qr_svg(content), pixels_per_module))
    assert [(one.format, one.text) for one in found] == [(zxingcpp.BarcodeFormat.QRCode, content)]


def test_r4_3_it_is_mended_where_glare_covers_some_of_it() -> None:
    """R4.3: level M makes up for a white spot of a quarter of its width, which level L does not."""
    picture = drawn(qr_svg(link()), 8)
    side = picture.width // 4
    middle = (picture.width - side) // 2
    picture.paste(255, (middle, middle, middle + side, middle + side))
    assert [one.text for one in zxingcpp.read_barcodes(picture)] == [link()]


@pytest.mark.parametrize("content", [link(), link(LONG_PAGE)])
def test_r4_3_there_is_a_quiet_zone_of_four_modules(content: str) -> None:
    """R4.3: white all around, on whatever page it stands, and where it ends the code begins."""
    picture = drawn(qr_svg(content), 5)
    edge, last = QUIET_ZONE * 5, picture.width - 1
    assert QUIET_ZONE == 4
    for box in (
        (0, 0, picture.width, edge),
        (0, picture.width - edge, picture.width, picture.width),
        (0, 0, edge, picture.width),
        (picture.width - edge, 0, picture.width, picture.width),
    ):
        assert picture.crop(box).getextrema() == (255, 255)
    for corner in ((edge, edge), (last - edge, edge), (edge, last - edge)):
        assert picture.getpixel(corner) == 0


@pytest.mark.parametrize(
    "content", [link(), "</svg><script>alert(1)</script>", '" onload="alert(1)', "javascript:alert(1)"]
)
def test_i2_the_picture_is_nothing_but_lines(content: str) -> None:
    """I2: no script, no handler, no style, nothing from elsewhere, and of its content only what a reader sees."""
    svg = qr_svg(content)
    root = ET.fromstring(svg)  # noqa: S314 - our own.
    elements = list(root.iter())
    assert {one.tag for one in elements} == {f"{SVG}svg", f"{SVG}path"}
    assert {name for one in elements for name in one.attrib} <= {"viewBox", "d", "fill", "stroke", "transform"}
    assert not any((one.text or "").strip() for one in elements)
    assert svg.count("http") == 1
    assert content not in svg


def test_r4_3_it_has_no_size_of_its_own() -> None:
    """R4.3: it fills the place that the page gives it."""
    assert not {"width", "height"} & set(ET.fromstring(qr_svg(link())).attrib)  # noqa: S314 - our own.
