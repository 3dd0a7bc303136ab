"""The leading group's report and the report on one project: a sentence, at most three things to decide, evidence."""

import datetime as dt
from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.reports import Block, CellRef, FigureBlock, Lead, Sentence, Step, Steps
from xuequ.systems.programmes.projects import pictures
from xuequ.systems.programmes.projects.queries import Dossier, Line

NONE_RUNNING = gettext_noop("No project is under way.")
ALL_WELL = gettext_noop(
    "%(running)s projects are under way: of %(budget)s × 10,000 yuan of budget %(spent)s are paid, and none"
    " needs a decision."
)
TO_DECIDE = gettext_noop(
    "Of %(running)s projects under way, %(late)s are late, %(over)s are beyond their budget and %(unused)s were"
    " accepted but are hardly used."
)
OVER = gettext_noop(
    "“%(title)s” is ordered for %(over)s × 10,000 yuan more than its budget: decide whether the rest is found or the"
    " order cut."
)
LATE = gettext_noop(
    "“%(title)s”: the milestone “%(milestone)s” is %(days)s days late. Ask who holds it up, and set a new day."
)
UNUSED = gettext_noop(
    "“%(title)s” was accepted and used %(uses)s times in the last term reported, while %(expected)s were expected:"
    " decide who uses it, or move it."
)
ABOUT = gettext_noop(
    "“%(title)s” is in the stage “%(stage)s” since %(since)s; %(committed)s of %(budget)s × 10,000 yuan are ordered and"
    " %(spent)s are paid."
)


def _cells(figure: str, row: str, *columns: str) -> dict[str, CellRef]:
    return {column: CellRef(figure, row, column) for column in columns}


def group_blocks(lines: Sequence[Line], day: dt.date) -> tuple[Block, ...]:
    """Return the leading group's view of all projects."""
    running = [line for line in lines if line.runs]
    shown: list[Block] = [Lead(_lead(running))]
    if steps := decisions(running):
        shown.append(Steps(_("To decide"), steps))
    if running:
        shown.append(FigureBlock(pictures.timeline(running, day), table=False))
        shown.append(FigureBlock(pictures.listed(running), chart=False))
    shown.append(FigureBlock(pictures.by_source([b for line in running for b in line.balances]), chart=False))
    shown.append(FigureBlock(pictures.overview(lines), folded=True, chart=False))
    return tuple(shown)


def _lead(running: Sequence[Line]) -> Sentence:
    if not running:
        return Sentence(NONE_RUNNING)
    if any(line.late or line.over or line.unused for line in running):
        return Sentence(TO_DECIDE, _cells("overview", "all", "running", "late", "over", "unused"))
    money = _cells("sources", "all", "budget", "spent")
    return Sentence(ALL_WELL, {**_cells("overview", "all", "running"), **money})


def decisions(running: Sequence[Line]) -> tuple[Step, ...]:
    """Return at most three things to decide: the heaviest of each kind."""
    kinds = (
        (OVER, ("title", "over"), max((x for x in running if x.over), key=lambda x: x.over, default=None)),
        (
            LATE,
            ("title", "milestone", "days"),
            max((x for x in running if x.late), key=lambda x: x.days_late, default=None),
        ),
        (
            UNUSED,
            ("title", "uses", "expected"),
            max((x for x in running if x.unused), key=lambda x: x.total.spent, default=None),
        ),
    )
    return tuple(
        Step(
            Sentence(message, _cells("projects", str(line.project.uid), *columns)),
            url=reverse("programmes:project", args=[line.project.uid]),
        )
        for message, columns, line in kinds
        if line is not None
    )


def project_blocks(found: Dossier, day: dt.date) -> tuple[Block, ...]:
    """Return the report on one project."""
    cells = _cells("facts", "project", "title", "stage", "since", "committed", "budget", "spent")
    blocks: list[Block] = [
        Lead(Sentence(ABOUT, cells)),
        FigureBlock(pictures.by_source(found.balances), chart=False),
    ]
    if found.milestones:
        blocks.append(FigureBlock(pictures.milestones(found, day), chart=False))
    if found.contracts:
        blocks.append(FigureBlock(pictures.contracts(found), chart=False))
    if found.uses:
        blocks.append(FigureBlock(pictures.use(found), chart=False))
    if found.issues:
        blocks.append(FigureBlock(pictures.issues(found), chart=False))
    blocks.append(FigureBlock(pictures.facts(found), folded=True, chart=False))
    return tuple(blocks)
