"""Proof that a report's sentences say only what its figures hold."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from xuequ.core.figures import Withheld
from xuequ.core.rendering.cells import is_missing
from xuequ.core.rendering.sentences import Figures, cell_text, sentences_of
from xuequ.core.reports import CellRef, FigureBlock, Report, Sentence

# Numbers that belong to the method and may stand in a message: the level of an interval, and the smallest
# number of people that is shown.
METHOD_NUMBERS = frozenset({"95", "5"})
_PLACE = re.compile(r"%\((\w+)\)s")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a sentence; ``language`` is empty when the fault lies in all languages."""

    where: str
    what: str
    language: str = ""


def check_report(report: Report, languages: Iterable[str] | None = None) -> list[Problem]:
    """Return every fault of the report's sentences in every language; an empty list proves them."""
    figures = report.figures()
    found = list(_repeated(report))
    sentences = [sentence for block in report.blocks for sentence in sentences_of(block)]
    for sentence in sentences:
        found += _cells(sentence, figures)
    for language in languages or [code for code, _ in settings.LANGUAGES]:
        with translation.override(language):
            for sentence in sentences:
                found += (Problem(sentence.message, what, language) for what in _wording(sentence, figures))
    return found


def _repeated(report: Report) -> Iterator[Problem]:
    seen: set[str] = set()
    for block in report.blocks:
        if isinstance(block, FigureBlock):
            if block.figure.code in seen:
                yield Problem(block.figure.code, "two figures share this code")
            seen.add(block.figure.code)


def _cells(sentence: Sentence, figures: Figures) -> Iterator[Problem]:
    """Yield places without cells, cells without places, and cells that hold nothing to state."""
    places = set(_PLACE.findall(sentence.message))
    for name in sorted(places - set(sentence.cells)):
        yield Problem(sentence.message, f"no cell is given for %({name})s")
    for name in sorted(set(sentence.cells) - places):
        yield Problem(sentence.message, f"the cell {name!r} has no place in the message")
    for name, reference in sorted(sentence.cells.items()):
        if fault := _fault(reference, figures):
            yield Problem(sentence.message, f"{name}: {fault}")


def _fault(reference: CellRef, figures: Figures) -> str:
    try:
        cell_text(reference, figures)
        cell = figures[reference.figure].cell(reference.row, reference.column)
    except KeyError as error:
        return str(error.args[0])
    if isinstance(cell, Withheld):
        return "states a cell that is withheld"
    return "states a cell that has no value" if is_missing(cell) else ""


def _wording(sentence: Sentence, figures: Figures) -> Iterator[str]:
    """Yield faults of the message in the current language, on the text as it will be read."""
    message = gettext(sentence.message)
    if set(_PLACE.findall(message)) != set(_PLACE.findall(sentence.message)):
        yield "the translation has other places than the message"
        return
    if any(_fault(reference, figures) for reference in sentence.cells.values()):
        return
    texts = {name: cell_text(reference, figures) for name, reference in sentence.cells.items()}
    try:
        said = message % texts
    except KeyError:
        return
    except (ValueError, TypeError):
        yield "the message is not a valid format: write a percent sign as %%"
        return
    proven = {digits for text in texts.values() for digits in _DIGITS.findall(text)}
    proven |= METHOD_NUMBERS & set(_DIGITS.findall(_PLACE.sub(" ", message)))
    for digits in _DIGITS.findall(said):
        if digits not in proven:
            yield f"the number {digits} comes from no cited cell"
