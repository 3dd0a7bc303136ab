"""Reports: sections made of blocks, whose sentences cite the cells that they state."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from xuequ.core.actors import Actor
from xuequ.core.figures import Figure, Text


class Audience(StrEnum):
    """For whom a section is written."""

    BUREAU = "bureau"
    SCHOOL = "school"
    TEACHER = "teacher"
    FAMILY = "family"


@dataclass(frozen=True, slots=True)
class CellRef:
    """A cell of a figure of the same report; ``absolute`` writes the number without its sign."""

    figure: str
    row: str
    column: str
    absolute: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """A translatable message whose every number and name is a cited cell.

    ``message`` is a message id with ``%(name)s`` places, marked with ``gettext_noop`` where it is written;
    ``cells`` says which cell fills each place. A place is filled with the number alone: its unit belongs to
    the message. A percent sign that stands for itself is written ``%%``. A number may stand in the message
    only if it is part of the method (such as the 95 of a 95 % interval).
    """

    message: str
    cells: Mapping[str, CellRef] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heading:
    text: Text
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Lead:
    """The one sentence that a page or report opens with."""

    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: the sentence, where to do it, and the evidence."""

    sentence: Sentence
    reason: Sentence | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Steps:
    """At most three things to do, most needed first."""

    title: Text
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if len(self.steps) > 3:
            raise ValueError("at most three things to do")


@dataclass(frozen=True, slots=True)
class FigureBlock:
    """A figure; ``folded`` puts it under 依据 on the page (print shows it open)."""

    figure: Figure
    folded: bool = False
    chart: bool = True
    table: bool = True


@dataclass(frozen=True, slots=True)
class Note:
    """A limit or warning that belongs beside the numbers."""

    sentences: tuple[Sentence, ...]


Block = Heading | Paragraph | Lead | Steps | FigureBlock | Note


@dataclass(frozen=True, slots=True)
class ReportSection:
    """A part of a report that a system offers: ``build(actor, place, run)`` returns its blocks."""

    code: str
    title: Text
    audience: Audience
    build: Callable[[Actor, Any, Any], Iterable[Block]]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report ready to be rendered; the same report gives the same bytes in every format.

    ``stamp`` is the moment shown and written into the files (the run's, never "now").
    """

    title: Text
    subtitle: Text
    issuer: Text
    stamp: str  # ISO 8601, Asia/Shanghai
    run: UUID | None
    blocks: tuple[Block, ...]

    def figures(self) -> dict[str, Figure]:
        """Return the report's figures by code."""
        return {block.figure.code: block.figure for block in self.blocks if isinstance(block, FigureBlock)}
