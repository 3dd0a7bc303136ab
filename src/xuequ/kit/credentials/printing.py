"""Cards and letters as PDF: eight cards, or two letters, to a sheet of A4, with lines to cut along."""

import io
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import segno
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from xuequ.core.rendering.fonts import FontError, require_glyphs
from xuequ.core.rendering.printing import print_pdf
from xuequ.district.models import SchoolClass
from xuequ.district.names import DOTS, family_and_given
from xuequ.district.people import names_of
from xuequ.kit.credentials.bindings import IssuedCode
from xuequ.kit.credentials.cards import IssuedCard
from xuequ.kit.credentials.codes import grouped

FOLDER = Path(__file__).resolve().parent
PDF: dict[str, Any] = {"unprinted": {"picture"}, "pdf_standards": ["ua-1"], "timestamp": 0}
SHANGHAI = ZoneInfo("Asia/Shanghai")
LONG = 5
GETA = "〓"
"""Printers' mark for a sign that no font here has: seen by everybody, and taken for the sign by nobody."""


def given_name(name: str) -> str:
    """Return the name without the surname, for a card that may get lost.

    >>> given_name("欧阳小云"), given_name("陈云"), given_name("阿依古丽·买买提")
    ('小云', '云', '阿依古丽')
    """
    given = family_and_given(name)[1]
    # Names of five characters or more are not Chinese, and are not cut without a dot that says where.
    return given if len(name) < LONG or any(dot in name for dot in DOTS) else name


def short_names(names: Sequence[str]) -> list[str]:
    """Return the given names; where two in a class share one, the whole name tells them apart."""
    given = [given_name(name) for name in names]
    often = Counter(given)
    return [name if often[short] > 1 else short for name, short in zip(names, given, strict=True)]


def cards_pdf(school_class: SchoolClass, cards: Sequence[IssuedCard], address: str) -> bytes:
    """Return the cards of a class; ``address`` is the page that takes them, to which the secret is added after #."""
    named = _names([card.pupil for card in cards])
    content = {
        **_frame(_("Login cards")),
        "cards": [
            {
                "name": name,
                "place": _place(school_class),
                "code": grouped(card.secret),
                "picture": qr(f"{address}#{card.secret}"),
            }
            for card, name in zip(cards, short_names(named), strict=True)
        ],
        "words": {
            "hint": _(
                "Scan the square on the classroom computer, or type these letters. Your teacher lets you in."
            ),
            "lost": _("Lost? Tell your class teacher: a new card makes this one void."),
            "alt": _("Square to scan"),
        },
    }
    return print_pdf(FOLDER / "cards.typ", content, **PDF)


def letters_pdf(school_class: SchoolClass, issued: Sequence[IssuedCode], address: str) -> bytes:
    """Return a letter to the guardians of each child; ``address`` is the page on which the code is typed."""
    named = _names([code.pupil for code in issued])
    until = _until(issued)
    content = {
        **_frame(_("Letters to guardians")),
        "letters": [
            {
                "to": _("To the guardians of %(name)s:") % {"name": name},
                "code": grouped(code.secret),
                "picture": qr(f"{address}#{code.secret}"),
            }
            for code, name in zip(issued, named, strict=True)
        ],
        "place": _place(school_class),
        "address": address,
        "words": {
            "title": _("Your own login as a guardian"),
            "why": _(
                "With a login of your own you see what the school tells you about your child, and nobody else's."
            ),
            "steps": [
                _("Scan the square, or open the address below in a browser."),
                _(
                    "Type the code, your child's name as the school has it, and your own name; choose a password."
                ),
                _("The class teacher looks at it. Then you can sign in."),
            ],
            "code": pgettext("paper", "Code"),
            "until": _("Valid until %(day)s, for at most two guardians.") % {"day": until},
            "keep": _("Please give the code to nobody else. If the letter is lost, ask for a new one."),
            "alt": _("Square to scan"),
        },
    }
    return print_pdf(FOLDER / "letters.typ", content, **PDF)


def _until(issued: Sequence[IssuedCode]) -> str:
    return issued[0].until.astimezone(SHANGHAI).strftime("%Y-%m-%d") if issued else ""


def _names(pupils: Sequence[Any]) -> list[str]:
    found = names_of(pupil.person_id for pupil in pupils)
    return [printable(found.get(pupil.person_id, "")) for pupil in pupils]


def printable(name: str) -> str:
    """Return the name with a mark in place of each sign that no font here has."""
    return "".join(sign if _has_glyph(sign) else GETA for sign in name)


@cache
def _has_glyph(sign: str) -> bool:
    try:
        require_glyphs([sign])
    except FontError:
        return False
    return True


def _place(school_class: SchoolClass) -> str:
    return f"{school_class.school} {school_class}"


def _frame(title: str) -> dict[str, Any]:
    chinese = (translation.get_language() or "").startswith("zh")
    return {"title": title, "lang": "zh" if chinese else "en", "region": "cn" if chinese else "gb"}


def qr(text: str) -> str:
    """Return ``text`` as a QR code in SVG."""
    stream = io.BytesIO()
    segno.make(text, error="m", micro=False).save(stream, kind="svg", xmldecl=False, border=0)
    return stream.getvalue().decode()
