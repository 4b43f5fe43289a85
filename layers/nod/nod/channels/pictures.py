"""QR codes as pictures (ISO/IEC 18004), for phones to read from a screen at arm's length."""

import io

# Level M mends 15 % of a code. More would make its modules smaller, which costs readers more than glare does.
ERROR_CORRECTION = "m"
# Modules of white around the code, as the standard demands: without them readers do not find its edge.
QUIET_ZONE = 4


def qr_svg(content: str) -> str:
    """The QR code of a text as SVG: black on white with its quiet zone, and no size of its own: it fills its place."""
    # It takes 50 ms to import: only who shows a code pays for that.
    import segno

    picture = io.BytesIO()
    code = segno.make_qr(content, error=ERROR_CORRECTION)
    code.save(
        picture,
        kind="svg",
        border=QUIET_ZONE,
        dark="#000",
        light="#fff",
        xmldecl=False,
        omitsize=True,
        nl=False,
        svgclass=None,
        lineclass=None,
    )
    return picture.getvalue().decode()
