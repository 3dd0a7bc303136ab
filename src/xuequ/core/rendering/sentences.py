"""Sentences in words: the message in the current language with its cells written in."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from xuequ.core.clock import SHANGHAI
from xuequ.core.figures import Figure
from xuequ.core.rendering.cells import format_cell, format_date
from xuequ.core.reports import Block, CellRef, FigureBlock, Lead, Note, Paragraph, Report, Sentence, Steps

Figures = Mapping[str, Figure]


def cell_text(reference: CellRef, figures: Figures) -> str:
    """Write the cell that a sentence cites; KeyError when figure, row or column do not exist."""
    if reference.figure not in figures:
        raise KeyError(f"no figure {reference.figure!r}")
    figure = figures[reference.figure]
    cell = figure.cell(reference.row, reference.column)
    return format_cell(figure.column(reference.column), cell, absolute=reference.absolute)


def sentence_text(sentence: Sentence, figures: Figures) -> str:
    """Write a sentence in the current language."""
    places = {name: cell_text(reference, figures) for name, reference in sentence.cells.items()}
    return gettext(sentence.message) % places


def joined(sentences: Iterable[Sentence], figures: Figures) -> str:
    """Write sentences one after the other; a space parts them unless the script does without."""
    texts = [sentence_text(sentence, figures) for sentence in sentences]
    return "".join(text if text.endswith(("。", "！", "？", "；")) else text + " " for text in texts).rstrip()


def figures_of(blocks: Iterable[Block]) -> dict[str, Figure]:
    """Return the figures of blocks by code."""
    return {block.figure.code: block.figure for block in blocks if isinstance(block, FigureBlock)}


def sentences_of(block: Block) -> Iterator[Sentence]:
    """Yield every sentence of a block in reading order."""
    match block:
        case Lead(sentence):
            yield sentence
        case Paragraph(sentences) | Note(sentences):
            yield from sentences
        case Steps(_, steps):
            for step in steps:
                yield step.sentence
                if step.reason:
                    yield step.reason


def speaking(language: str | None) -> "translation.override":
    """Return the context in which a report is written: the language asked for, else the current one."""
    return translation.override(language or translation.get_language() or settings.LANGUAGE_CODE)


def stamp(report: Report) -> dt.datetime:
    """Return the report's moment on the clocks of the district."""
    moment = dt.datetime.fromisoformat(report.stamp)
    return moment.astimezone(SHANGHAI) if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def stamp_text(report: Report) -> str:
    """Write the report's moment in the current language, to the minute."""
    moment = stamp(report)
    return f"{format_date(moment)} {moment:%H:%M}"
