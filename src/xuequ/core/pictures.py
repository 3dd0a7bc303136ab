"""Pictures that come in: kept small, upright and without what a camera writes into them."""

import io
import struct

from django.utils.translation import gettext as _
from PIL import Image

from xuequ.core.errors import Refused

LARGEST_SIDE = 2560
MOST_PIXELS = 64_000_000
ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF orientation: what turns the picture upright."""


def clean(content: bytes) -> bytes:
    """Return the picture as JPEG or PNG without place, time and device; ``Refused`` when it cannot be read.

    Photographs of schools show where and when they were taken: none of that is kept. Sides are at most 2,560 px.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Refused(
                    _("The picture has more than 64 million points; make it smaller and upload that.")
                )
            return _written(picture)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Refused(_("The picture cannot be read; open it, save it again and upload that.")) from error


def _written(picture: Image.Image) -> bytes:
    turn = _turn(picture)
    # Smaller first: a photograph is then never unpacked at its full size.
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    upright = picture if turn is None else picture.transpose(turn)
    # Phones write several pictures into one JPEG (MPO); the first is the photograph.
    is_png = picture.format == "PNG"
    plain = upright.convert("RGBA" if is_png and upright.mode in {"RGBA", "LA", "P", "L"} else "RGB")
    plain.info.clear()
    stream = io.BytesIO()
    if is_png:
        plain.save(stream, format="PNG", optimize=True)
    else:
        plain.save(stream, format="JPEG", quality=85)
    return stream.getvalue()


def _turn(picture: Image.Image) -> Image.Transpose | None:
    """Return how a picture is turned upright; a photograph whose notes cannot be read stays as it is."""
    try:
        return TURNS.get(picture.getexif().get(ORIENTATION, 0))
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, struct.error):
        return None
