"""Cards and letters as PDF: eight cards, or two letters, to a sheet of A4, with lines to cut along."""

import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import segno
import typst
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from xuequ.core.rendering.fonts import FontError, require_fonts, require_glyphs
from xuequ.core.rendering.printing import PrintError
from xuequ.district.models import SchoolClass
from xuequ.district.people import names_of
from xuequ.kit.credentials.bindings import IssuedCode
from xuequ.kit.credentials.cards import IssuedCard
from xuequ.kit.credentials.codes import grouped

FOLDER = Path(__file__).resolve().parent
LOCK = Lock()
SHANGHAI = ZoneInfo("Asia/Shanghai")
GETA = "〓"
"""Printers' mark for a sign that no font here has: seen by everybody, and taken for the sign by nobody."""
DOUBLE_SURNAMES = frozenset(
    (
        "欧阳",
        "上官",
        "司马",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "司徒",
        "夏侯",
        "令狐",
        "端木",
        "南宫",
    )
)


def given_name(name: str) -> str:
    """Return the name without the surname, for a card that may get lost.

    >>> given_name("欧阳小云"), given_name("陈云"), given_name("阿依古丽·买买提")
    ('小云', '云', '阿依古丽')
    """
    for dot in "·•・.":
        if dot in name:
            return name.split(dot)[0]
    surname = 2 if name[:2] in DOUBLE_SURNAMES else 1
    return name[surname:] if surname < len(name) < 5 else name


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
    return _typeset("cards.typ", content)


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
    return _typeset("letters.typ", content)


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


def _texts(content: Any) -> Iterator[str]:
    """Yield every text that will be printed; pictures hold none."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for key, value in content.items():
            if key != "picture":
                yield from _texts(value)
    elif isinstance(content, list):
        for value in content:
            yield from _texts(value)


@lru_cache(maxsize=4)
def _compiler(template: str, rare: tuple[Path, ...]) -> Any:
    return typst.Compiler(
        input=str(FOLDER / template),
        root=str(FOLDER),
        font_paths=[str(path) for path in (require_fonts(), *rare)],
        ignore_system_fonts=True,
    )


def _typeset(template: str, content: dict[str, Any]) -> bytes:
    """Compile a template of this folder; PrintError on an error or a warning."""
    rare = require_glyphs(_texts(content))
    inputs = {"content": json.dumps(content, ensure_ascii=False), "rare": "yes" if rare else ""}
    with LOCK:
        try:
            output, warnings = _compiler(template, rare).compile_with_warnings(
                sys_inputs=inputs, format="pdf", pdf_standards=["ua-1"], timestamp=0
            )
        except typst.TypstError as error:
            raise PrintError(str(error)) from error
    if warnings:
        raise PrintError("; ".join(str(warning) for warning in warnings))
    assert isinstance(output, bytes)
    return output
