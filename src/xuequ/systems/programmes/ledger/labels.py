"""Labels with a QR code: scanned with a phone, they open the page of the device."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from xuequ.core.rendering.printing import print_pdf
from xuequ.kit.credentials.printing import printable, qr
from xuequ.systems.programmes.models import Device

TEMPLATE = Path(__file__).resolve().parent / "labels.typ"
MOST = 480
LONGEST = 28


def labels_pdf(devices: Sequence[Device], address: Callable[[Device], str]) -> bytes:
    """Return a sheet of labels; ``address`` gives the page of a device."""
    chinese = (translation.get_language() or "").startswith("zh")
    content: dict[str, Any] = {
        "title": _("Labels for equipment"),
        "lang": "zh" if chinese else "en",
        "region": "cn" if chinese else "gb",
        "alt": _("Square to scan"),
        "labels": [_label(device, address(device)) for device in devices],
    }
    return print_pdf(TEMPLATE, content, unprinted={"picture"}, pdf_standards=["ua-1"], timestamp=0)


def _label(device: Device, address: str) -> dict[str, str]:
    return {
        "name": _short(str(device)),
        "model": _short(device.model),
        "number": device.number or _("no asset number"),
        "school": _short(str(device.school)),
        "room": _short(str(device.room or "")),
        "picture": qr(address),
    }


def _short(text: str) -> str:
    return printable(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")
