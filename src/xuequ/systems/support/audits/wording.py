"""What an audit says for the whole district, and its table."""

from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Row
from xuequ.core.reports import Block, CellRef, FigureBlock, Lead, Note, Paragraph, Sentence
from xuequ.systems.support.audits.choices import Field, Finding, Ground
from xuequ.systems.support.audits.models import Audit, Check
from xuequ.systems.support.audits.shares import Sample, Wrong, wrong_of, wrong_of_all

WAITING = gettext_noop(
    "%(waiting)s of %(drawn)s drawn fields wait to be looked at; what they say for the district is told when all were."
)
NONE_WRONG = gettext_noop(
    "None of the %(drawn)s fields looked at is wrong; of all %(all)s fields of the round at most %(high)s are, with a"
    " certainty of 95 %%."
)
WRONG = gettext_noop(
    "%(wrong)s of the %(drawn)s fields looked at are wrong; of all %(all)s fields of the round between %(low)s and"
    " %(high)s are, with a certainty of 95 %%."
)
PAID = gettext_noop(
    "%(paid)s yuan were paid on the fields found wrong. No amount changes by itself: that takes a decision, with the"
    " school's answer beside it."
)
OPEN = gettext_noop(
    "%(open)s fields could not be told from their evidence: for the upper bound they count as wrong, for the lower as"
    " right."
)


def blocks(row: Audit, checks: Sequence[Check]) -> tuple[Block, ...]:
    """Return the page of an audit above its list."""
    table = figure(row, checks)
    waiting = sum(check.finding == Finding.WAITS for check in checks)
    wrong = sum(check.finding == Finding.WRONG for check in checks)
    opens = sum(check.finding == Finding.OPEN for check in checks)
    if waiting:
        return (Lead(_said(WAITING, "waiting", "drawn")), FigureBlock(table, folded=True, chart=False))
    said = (
        _said(WRONG, "wrong", "drawn", "all", "low", "high")
        if wrong
        else _said(NONE_WRONG, "drawn", "all", "high")
    )
    found: list[Block] = [Lead(said)]
    if wrong:
        found.append(Paragraph((_said(PAID, "paid"),)))
    if opens:
        found.append(Note((_said(OPEN, "open"),)))
    return (*found, FigureBlock(table, chart=False))


def _said(message: str, *columns: str) -> Sentence:
    return Sentence(message, {name: CellRef("audit-fields", "all", name) for name in columns})


def figure(row: Audit, checks: Sequence[Check]) -> Figure:
    """What was drawn and found by kind of field, with exact bounds once all were looked at."""
    columns: tuple[Column, ...] = (
        Column("field", _("field")),
        Column("all", _("fields of the round"), ColumnKind.INTEGER),
        Column("changed", _("changed much, all looked at"), ColumnKind.INTEGER),
        Column("drawn", _("looked at in all"), ColumnKind.INTEGER),
        Column("chance", _("chance of each other to be drawn"), ColumnKind.PERCENT, 1),
        Column("waiting", _("not looked at yet"), ColumnKind.INTEGER),
        Column("wrong", _("found wrong"), ColumnKind.INTEGER),
        Column("open", _("cannot be told"), ColumnKind.INTEGER),
        Column("low", _("wrong in all, at least"), ColumnKind.INTEGER),
        Column("high", _("wrong in all, at most"), ColumnKind.INTEGER),
        Column("paid", _("paid on those found wrong"), ColumnKind.NUMBER, 2, _("yuan")),
    )
    rows = tuple(_rows(row, checks))
    if not any(check.finding == Finding.WAITS for check in checks):
        # Nothing waits any more: a column of zeros would push the money off the page.
        place = [column.key for column in columns].index("waiting")
        columns = columns[:place] + columns[place + 1 :]
        rows = tuple(Row(one.key, one.cells[:place] + one.cells[place + 1 :]) for one in rows)
    return Figure(
        "audit-fields", FigureKind.TABLE, _("What was drawn and found"), columns, rows,
        caption=_(
            "The bounds are exact (hypergeometric, 95 %): the lot is drawn without replacement for each kind of field,"
            " and what changed much since last year is looked at in full. For all kinds together each is taken at 95 %"
            " divided among them, so the bounds hold. A school's fields of one kind and the next are drawn apart."
        ),
    )  # fmt: skip


def _rows(row: Audit, checks: Sequence[Check]) -> Iterator[Row]:
    samples = []
    for field in Field:
        own = [check for check in checks if check.field == field]
        sample = _sample(row, field, own)
        if sample.lot + sample.changed:
            samples.append(sample)
            chance = sample.drawn / sample.lot if sample.lot else None
            yield Row(field, _cells(field.label, own, wrong_of(sample), sample.changed, chance))
    changed = sum(sample.changed for sample in samples)
    yield Row("all", _cells(_("all fields"), checks, wrong_of_all(samples), changed, None))


def _cells(
    label: Cell, checks: Sequence[Check], bounds: Wrong, changed: int, chance: float | None
) -> tuple[Cell, ...]:
    waiting, wrong, opens = (_count(checks, one) for one in (Finding.WAITS, Finding.WRONG, Finding.OPEN))
    told = (None, None) if waiting else (bounds.low, bounds.high)
    paid = float(sum(check.paid_yuan for check in checks if check.finding == Finding.WRONG))
    return (label, bounds.all, changed, len(checks), chance, waiting, wrong, opens, *told, paid)


def _count(checks: Iterable[Check], finding: Finding) -> int:
    return sum(check.finding == finding for check in checks)


def _sample(row: Audit, field: Field, checks: Sequence[Check]) -> Sample:
    lot = [check for check in checks if check.ground == Ground.LOT]
    changed = [check for check in checks if check.ground == Ground.CHANGE]
    return Sample(
        len(row.lot.get(field, [])), len(lot), _count(lot, Finding.WRONG), _count(lot, Finding.OPEN),
        len(changed), _count(changed, Finding.WRONG), _count(changed, Finding.OPEN),
    )  # fmt: skip
