"""Figures of projects: money by source, list, timeline, milestones, issues, use. Sums in 万元 on screen only."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row
from xuequ.core.money import in_wan
from xuequ.systems.programmes.choices import ENDS, Source, Stage
from xuequ.systems.programmes.projects.queries import Dossier, Line, total_of
from xuequ.systems.programmes.projects.stages import Balance

WAN = _("10,000 yuan")


def wan(yuan: Decimal) -> float:
    """Return a sum in 万元 for a cell."""
    return float(in_wan(yuan) or 0)


def _sum(key: str, label: object) -> Column:
    return Column(key, label, ColumnKind.NUMBER, 2, WAN)  # type: ignore[arg-type]


MONEY = (_sum("budget", _("budget")), _sum("committed", _("ordered")), _sum("spent", _("paid")))


def _money(balance: Balance) -> tuple[float, float, float]:
    return wan(balance.budget), wan(balance.committed), wan(balance.spent)


def overview(lines: Sequence[Line]) -> Figure:
    """Return the counts that the leading sentence states, in one row."""
    running = [line for line in lines if line.runs]
    whole = total_of(
        line.total for line in lines if line.project.stage not in {Stage.DECLINED, Stage.STOPPED}
    )
    columns = (
        Column("running", _("projects under way"), ColumnKind.INTEGER),
        Column("late", _("with a late milestone"), ColumnKind.INTEGER),
        Column("over", _("beyond their budget"), ColumnKind.INTEGER),
        Column("unused", _("accepted and hardly used"), ColumnKind.INTEGER),
        _sum("all_spent", _("paid, all years")),
    )
    cells = (
        len(running),
        sum(line.late is not None for line in running),
        sum(line.over > 0 for line in running),
        sum(line.unused for line in running),
        wan(whole.spent),
    )
    caption = _(
        "Under way: not closed, declined or stopped. Hardly used: less than a quarter of what was expected, or never"
        " reported. Sums are those entered with contracts and payments; use is what schools report, and bookings and"
        " spot checks of the ledger show whether it is so."
    )
    title = _("Projects in numbers")
    return Figure("overview", FigureKind.TABLE, title, columns, (Row("all", cells),), caption=caption)


def by_source(balances: Sequence[Balance], code: str = "sources") -> Figure:
    """Return budget, ordered and paid by source."""
    grouped = {
        source: total_of(item for item in balances if item.source == source) for source in Source.values
    }
    rows = tuple(
        Row(source, (Source(source).label, *_money(total)))
        for source, total in grouped.items()
        if total.budget or total.committed
    )
    whole = Row("all", (_("all sources"), *_money(total_of(grouped.values()))))
    columns = (Column("source", pgettext_lazy("money", "source")), *MONEY)
    return Figure(code, FigureKind.TABLE, _("Money by source"), columns, (*rows, whole))


def listed(lines: Sequence[Line]) -> Figure:
    """Return the projects one by one, with what is next."""
    columns = (
        Column("title", _("project")),
        Column("stage", pgettext_lazy("project", "stage")),
        MONEY[0],
        _sum("over", _("beyond the budget")),
        Column("milestone", _("next milestone")),
        Column("days", _("days late"), ColumnKind.INTEGER),
        Column("uses", _("uses a term"), ColumnKind.INTEGER),
        Column("expected", _("expected"), ColumnKind.INTEGER),
    )
    return Figure("projects", FigureKind.TABLE, _("Projects under way"), columns, tuple(map(_row, lines)))


def _row(line: Line) -> Row:
    project = line.project
    is_used = project.stage == Stage.USE
    cells = (
        project.title,
        project.get_stage_display(),
        wan(line.total.budget),
        wan(line.over) if line.over else None,
        line.next.title if line.next is not None else "",
        line.days_late if line.late is not None else None,
        (line.uses or 0) if is_used else None,
        project.expected_uses if is_used else None,
    )
    return Row(str(project.uid), cells, reverse("programmes:project", args=[project.uid]))


def timeline(lines: Sequence[Line], day: dt.date) -> Figure:
    """Return from when to when each project runs; an end that has passed is shown until ``day``."""
    columns = (
        Column("title", _("project")),
        Column("start", _("applied for on"), ColumnKind.DATE),
        Column("end", _("to be finished by"), ColumnKind.DATE),
        Column("stage", pgettext_lazy("project", "stage")),
    )
    rows = tuple(
        Row(str(line.project.uid), (line.project.title, line.project.started, _end(line, day), _stage(line)))
        for line in lines
    )
    return Figure(
        "timeline",
        FigureKind.TIMELINE,
        _("From application to use"),
        columns,
        rows,
        roles={"label": "title", "start": "start", "end": "end", "group": "stage"},
        caption=_("A project that should be finished and is not, or has no day yet, is drawn until today."),
        alt=_("Each project as a bar from its application to the day on which it is to be finished."),
    )


def _end(line: Line, day: dt.date) -> dt.date:
    project = line.project
    if project.stage in ENDS or project.stage == Stage.USE:
        return max(project.since, project.started)
    return max(project.due or day, day)


def _stage(line: Line) -> str:
    return str(line.project.get_stage_display())


def milestones(found: Dossier, day: dt.date) -> Figure:
    """Return the milestones of one project with the days they were late."""
    columns = (
        Column("title", _("milestone")),
        Column("due", _("due on"), ColumnKind.DATE),
        Column("done", _("reached on"), ColumnKind.DATE),
        Column("days", _("days late"), ColumnKind.INTEGER),
    )
    rows = tuple(
        Row(str(item.uid), (item.title, item.due, item.done, max(0, ((item.done or day) - item.due).days)))
        for item in found.milestones
    )
    return Figure("milestones", FigureKind.TABLE, _("Milestones"), columns, rows)


def use(found: Dossier) -> Figure:
    """Return reported beside expected use, term by term."""
    columns = (
        Column("term", _("term")),
        Column("uses", _("uses"), ColumnKind.INTEGER),
        Column("expected", _("expected"), ColumnKind.INTEGER),
        Column("words", _("what it was used for")),
    )
    rows = tuple(
        Row(item.term.code, (item.term.code, item.uses, found.project.expected_uses, item.words))
        for item in found.uses
    )
    return Figure("use", FigureKind.TABLE, pgettext_lazy("project", "Use"), columns, rows)


def issues(found: Dossier) -> Figure:
    """Return the issues of one project."""
    columns = (
        Column("title", _("what is wrong")),
        Column("owner", _("who sees to it")),
        Column("due", _("until"), ColumnKind.DATE),
        Column("closed", _("settled on"), ColumnKind.DATE),
        Column("outcome", _("how it was settled")),
    )
    rows = tuple(
        Row(str(item.uid), (item.title, item.owner, item.due, item.closed, item.outcome))
        for item in found.issues
    )
    return Figure("issues", FigureKind.TABLE, _("Issues"), columns, rows)


def contracts(found: Dossier) -> Figure:
    """Return the contracts of one project with what was paid."""
    columns = (
        Column("title", _("what is ordered")),
        Column("supplier", _("supplier")),
        Column("way", _("way of procurement")),
        Column("source", pgettext_lazy("money", "source")),
        _sum("sum", _("contract sum")),
        _sum("paid", _("paid")),
        Column("signed", _("signed on"), ColumnKind.DATE),
        Column("over", _("why beyond the budget")),
    )
    rows = tuple(
        Row(
            str(item.pk),
            (
                item.title,
                item.supplier,
                item.get_way_display(),
                item.get_source_display(),
                wan(item.sum_yuan),
                wan(item.paid_yuan),  # type: ignore[attr-defined]
                item.signed,
                item.over,
            ),
        )
        for item in found.contracts
    )
    return Figure("contracts", FigureKind.TABLE, _("Contracts"), columns, rows)


def facts(found: Dossier) -> Figure:
    """Return what the sentences about one project state."""
    total, project = found.total, found.project
    columns = (
        Column("title", _("project")),
        Column("stage", pgettext_lazy("project", "stage")),
        Column("since", pgettext_lazy("project", "since"), ColumnKind.DATE),
        *MONEY,
        Column("issues", _("open issues"), ColumnKind.INTEGER),
    )
    cells = (
        project.title,
        project.get_stage_display(),
        project.since,
        *_money(total),
        found.facts.open_issues,
    )
    return Figure("facts", FigureKind.TABLE, _("The project in numbers"), columns, (Row("project", cells),))
