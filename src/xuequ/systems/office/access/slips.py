"""Printed slips with login names and first passwords: one per person, with lines to cut along."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from xuequ.core.rendering.printing import print_pdf

TEMPLATE = Path(__file__).resolve().with_name("slips.typ")


@dataclass(frozen=True, slots=True)
class Slip:
    """What stands on one slip."""

    name: str
    place: str
    username: str
    password: str


def slips_pdf(slips: Sequence[Slip], address: str) -> bytes:
    """Return A4 pages of slips; FontError names a character of a name that cannot be printed."""
    words = {
        "name": _("Login name"),
        "password": _("First password"),
        "help": _("Sign in at %(address)s and choose a password of your own. Then throw this slip away.")
        % {"address": address},
    }
    rows = [[slip.name, slip.place, slip.username, slip.password] for slip in slips]
    return print_pdf(TEMPLATE, {"words": words, "slips": rows})
