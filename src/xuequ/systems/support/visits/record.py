"""The record of a visit as a report: what was talked about, seen and agreed, and the problems with their days."""

import datetime as dt
from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, pgettext_lazy

from xuequ.core import clock
from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row
from xuequ.core.reports import Block, CellRef, FigureBlock, Lead, Note, Report, Sentence
from xuequ.district.models import District
from xuequ.systems.support.visits.models import Issue, Visit
from xuequ.systems.support.visits.wording import listed, stored

LEAD = gettext_noop("%(school)s was visited on %(day)s; problems written down: %(problems)s.")
UNCONFIRMED = gettext_noop("The school has not confirmed these minutes yet.")


def visit_report(found: Visit, issues: Iterable[Issue], district: District | None, moment: str) -> Report:
    """Return the record of a visit; its stamp is the moment at which the minutes were last changed."""
    rows = list(issues)
    return Report(
        title=gettext_lazy("Record of a visit"),
        subtitle=f"{found.school} · {found.day:%Y-%m-%d}",
        issuer=(district.bureau or district.name) if district is not None else "",
        stamp=moment,
        run=None,
        blocks=tuple(_blocks(found, rows)),
    )


def _blocks(found: Visit, issues: list[Issue]) -> Iterable[Block]:
    cells = {name: CellRef("visit-facts", "visit", name) for name in ("school", "day", "problems")}
    yield Lead(Sentence(LEAD, cells))
    if found.confirmed is None:
        yield Note((Sentence(UNCONFIRMED),))
    # The record leaves the house: it holds what both sides may read, whoever takes it home.
    agenda = listed(item for item in stored(found.agenda) if item.for_school)
    if agenda:
        yield FigureBlock(_agenda(agenda))
    yield FigureBlock(_words(found))
    if issues:
        yield FigureBlock(_problems(issues))
    yield FigureBlock(_facts(found, len(issues)), folded=True)


def _facts(found: Visit, problems: int) -> Figure:
    columns = (
        Column("school", gettext_lazy("school")),
        Column("day", gettext_lazy("day"), ColumnKind.DATE),
        Column("problems", pgettext_lazy("visit", "number of problems"), ColumnKind.INTEGER),
    )
    rows = (Row("visit", (str(found.school), found.day, problems)),)
    return Figure("visit-facts", FigureKind.TABLE, gettext_lazy("The visit"), columns, rows)


def _agenda(texts: list[str]) -> Figure:
    rows = tuple(Row(str(place), (place, text)) for place, text in enumerate(texts, 1))
    columns = (
        Column("place", gettext_lazy("number"), ColumnKind.INTEGER),
        Column("text", gettext_lazy("what was on the agenda")),
    )
    return Figure("visit-agenda", FigureKind.TABLE, gettext_lazy("Agenda"), columns, rows)


def _words(found: Visit) -> Figure:
    told = (
        ("visitor", _("Who visits"), found.visitor_name),
        ("met", _("Who was met"), found.met),
        ("seen", _("What was seen"), found.seen),
        ("agreed", _("What was agreed"), found.agreed),
        ("comment", _("What the school says"), found.comment),
    )
    rows = tuple(Row(key, (what, text)) for key, what, text in told if text)
    columns = (Column("what", pgettext_lazy("minutes", "subject")), Column("text", gettext_lazy("in words")))
    return Figure("visit-words", FigureKind.TABLE, gettext_lazy("Minutes"), columns, rows)


def issue_list(issues: Iterable[Issue], which: str, day: dt.date, district: District | None) -> Report:
    """Return a list of problems as a file: of each school, whose part, until when, and what was done."""
    rows = list(issues)
    figure = _problems(rows, schools=True)
    return Report(
        title=gettext_lazy("Problems of visits"),
        subtitle=f"{which} · {day:%Y-%m-%d}",
        issuer=(district.bureau or district.name) if district is not None else "",
        stamp=clock.now().isoformat(timespec="minutes"),
        run=None,
        blocks=(FigureBlock(figure),),
    )


def _problems(issues: list[Issue], *, schools: bool = False) -> Figure:
    columns = (
        *((Column("school", gettext_lazy("school")),) if schools else ()),
        Column("text", gettext_lazy("problem")),
        Column("owner", gettext_lazy("whose part")),
        Column("due", gettext_lazy("To be solved by"), ColumnKind.DATE),
        Column("state", gettext_lazy("state")),
        Column("answer", pgettext_lazy("problem", "what was done")),
        Column("settled", pgettext_lazy("problem", "closed on"), ColumnKind.DATE),
    )
    rows = tuple(
        Row(
            str(issue.uid),
            (
                *((str(issue.school),) if schools else ()),
                issue.text,
                f"{issue.get_owner_display()} {issue.office}".strip(),
                issue.due,
                issue.get_state_display(),
                issue.answer,
                issue.settled,
            ),
        )
        for issue in issues
    )
    return Figure("visit-problems", FigureKind.TABLE, gettext_lazy("Problems"), columns, rows)
