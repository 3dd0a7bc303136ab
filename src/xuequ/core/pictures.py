"""Pictures that come in: kept small, upright and without what a camera writes into them."""

import io

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from xuequ.core.errors import Refused

LARGEST_SIDE = 2560
MOST_PIXELS = 64_000_000


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
            return _written(ImageOps.exif_transpose(picture), str(picture.format))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Refused(_("The picture cannot be read; open it, save it again and upload that.")) from error


def _written(picture: Image.Image, form: str) -> bytes:
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    plain = picture.convert(
        "RGB" if form == "JPEG" or picture.mode not in {"RGBA", "LA", "P", "L"} else "RGBA"
    )
    plain.info.clear()
    stream = io.BytesIO()
    plain.save(stream, format=form, **({"quality": 85} if form == "JPEG" else {"optimize": True}))
    return stream.getvalue()
