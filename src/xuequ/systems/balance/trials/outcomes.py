"""What trials would do: the sentence, and now and then of the verdict, the coefficients and the items of schools."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xuequ.core.figures import Cell, Column, Figure, FigureKind, Row, Text
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.systems.balance import actions, queries
from xuequ.systems.balance.book import Section
from xuequ.systems.balance.catalogue import FACTS, short_name
from xuequ.systems.balance.judging import Coefficient, Verdicts
from xuequ.systems.balance.pictures import CENSUS, STAGE_PARTS
from xuequ.systems.balance.storing import counts
from xuequ.systems.balance.trials.changes import Change, Step, laid_over
from xuequ.systems.balance.values.listing import written
from xuequ.systems.balance.wording import STAGES, STATES, VERDICTS


@dataclass(frozen=True, slots=True)
class Line:
    """One change in words; ``key`` is the change as addresses carry it."""

    key: str
    school: str
    what: Text
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one trial, or several side by side, would do."""

    sentence: str
    lines: tuple[tuple[Line, ...], ...]
    figures: tuple[Figure, ...]


def outcome(actor: Actor, year: SchoolYear, trials: Mapping[str, Sequence[Change]]) -> Outcome:
    """Judge the year as it is and with each trial, by the trial's name; ``Refused`` where a change cannot be."""
    book = queries.book_of(year)
    laid = [laid_over(book, changes) for changes in trials.values()]
    now, *then = actions.try_out(actor=actor, year=year, books=[book, *(changed for changed, _steps in laid)])
    heads = list(trials) if len(trials) > 1 else [_("then")]
    steps = [steps for _changed, steps in laid]
    figures = (_county(heads, now, then), _coefficients(heads, now, then), _schools(heads, now, then, steps))
    sentence = _sentence(len(steps[0]), now, then[0]) if len(trials) == 1 else _compared(list(trials), then)
    return Outcome(sentence, tuple(tuple(_line(step) for step in one) for one in steps), figures)


def _line(step: Step) -> Line:
    fact = step.change.fact
    where = (
        f"{step.school.name} · {STAGE_PARTS[step.part]}"
        if step.part and step.school.is_split
        else step.school.name
    )
    before = "—" if step.before is None else written(fact, step.before)
    return Line(step.change.written(), where, FACTS[fact].label, before, written(fact, step.after))


def _sentence(changes: int, now: Verdicts, then: Verdicts) -> str:
    said = {"n": changes, "verdict": VERDICTS[then.verdict], "now": VERDICTS[now.verdict]}
    if now.verdict != then.verdict:
        text = ngettext(
            "With this change the verdict on the county would be “%(verdict)s” instead of “%(now)s”.",
            "With these %(n)d changes the verdict on the county would be “%(verdict)s” instead of “%(now)s”.",
            changes,
        )
        return text % said
    over, was = _over(then), _over(now)
    complying, before = counts(then)["complying"], counts(now)["complying"]
    text = ngettext(
        "With this change the verdict on the county stays “%(verdict)s”: %(complying)d schools comply"
        " (now %(before)d), %(over)d coefficients are above their limit (now %(was)d).",
        "With these %(n)d changes the verdict on the county stays “%(verdict)s”: %(complying)d schools comply"
        " (now %(before)d), %(over)d coefficients are above their limit (now %(was)d).",
        changes,
    )
    return text % (said | {"complying": complying, "before": before, "over": over, "was": was})


def _compared(names: Sequence[str], then: Sequence[Verdicts]) -> str:
    parts = [
        _("“%(name)s”: %(verdict)s, %(complying)d schools comply, %(over)d coefficients above their limit")
        % {"name": name, "verdict": VERDICTS[one.verdict], "complying": counts(one)["complying"], "over": _over(one)}
        for name, one in zip(names, then, strict=True)
    ]  # fmt: skip
    return _("; ").join(parts)


def _over(verdicts: Verdicts) -> int:
    return sum(one.met is False for one in verdicts.coefficients)


def _columns(heads: Sequence[str], first: Text) -> tuple[Column, ...]:
    names = (Column(f"t{place}", head) for place, head in enumerate(heads))
    return (Column("what", first), Column("now", gettext_lazy("now")), *names)


def _county(heads: Sequence[str], now: Verdicts, then: Sequence[Verdicts]) -> Figure:
    every = (now, *then)
    rows = (
        Row("verdict", (_("verdict on the county"), *(VERDICTS[one.verdict] for one in every))),
        Row("schools", (
            _("schools that comply"),
            *(f"{counts(one)['complying']}/{counts(one)['judged']}" for one in every),
        )),
        Row("over", (_("coefficients above their limit"), *(f"{_over(one)}/{len(one.coefficients)}" for one in every))),
    )  # fmt: skip
    return Figure(
        "tried-county", FigureKind.TABLE, gettext_lazy("The county"), _columns(heads, gettext_lazy("What")), rows,
        {"label": "what"}, caption=gettext_lazy("Judged by the rules in force. No figure of a school is changed."),
    )  # fmt: skip


def _coefficients(heads: Sequence[str], now: Verdicts, then: Sequence[Verdicts]) -> Figure:
    by_key = [{(one.stage, one.code): one for one in verdicts.coefficients} for verdicts in then]
    rows = []
    for one in now.coefficients:
        others = [found.get((one.stage, one.code)) for found in by_key]
        name = f"{short_name(one.code)} · {STAGES[one.stage]}"
        limit = "—" if one.limit is None else f"{one.limit:.2f}"
        cells: tuple[Cell, ...] = (name, limit, _cv(one), *(_cv(other, one) for other in others))
        rows.append(Row(f"{one.stage} {one.code}", cells))
    what, *rest = _columns(heads, gettext_lazy("Item"))
    columns = (what, Column("limit", gettext_lazy("limit")), *rest)
    return Figure(
        "tried-cv", FigureKind.TABLE, gettext_lazy("Coefficients of difference"), columns, tuple(rows),
        {"label": "what"}, caption=CENSUS,
    )  # fmt: skip


def _cv(one: Coefficient | None, before: Coefficient | None = None) -> str:
    if one is None or one.cv is None:
        return f"— · {VERDICTS['unknown']}"
    if before is not None and before.cv == one.cv and before.met == one.met:
        return _("unchanged")
    word = VERDICTS["unknown"] if one.met is None else VERDICTS["met"] if one.met else VERDICTS["not-met"]
    return f"{one.cv:.4f} · {word}"


def _schools(
    heads: Sequence[str], now: Verdicts, then: Sequence[Verdicts], steps: Sequence[Sequence[Step]]
) -> Figure:
    sections = {
        section.key: section
        for one in steps
        for step in one
        for section in (Section(step.school, part) for part in step.school.parts)
    }
    rows = [row for section in sections.values() for row in _item_rows(section, now, then)]
    return Figure(
        "tried-schools", FigureKind.TABLE, gettext_lazy("Items of the schools concerned"),
        _columns(heads, gettext_lazy("School and item")), tuple(rows), {"label": "what"},
        caption=gettext_lazy("Only items whose value changes, per pupil or per hundred pupils."),
    )  # fmt: skip


def _item_rows(section: Section, now: Verdicts, then: Sequence[Verdicts]) -> Iterator[Row]:
    part = f" · {STAGE_PARTS[section.part]}" if section.school.is_split else ""
    for code in dict.fromkeys(now.compliance.items["code"]):
        old, new = now.item(section, code), [one.item(section, code) for one in then]
        if any(_value(one) != _value(old) for one in new):
            name = f"{section.school.name}{part} · {short_name(code)}"
            yield Row(f"{section.key} {code}", (name, _item(old), *(_item(one) for one in new)))


def _value(item: Mapping[str, Any] | None) -> float | None:
    return None if item is None else item["value"]


def _item(item: Mapping[str, Any] | None) -> str:
    if item is None or item["value"] is None:
        return "—"
    return f"{item['value']:.2f} · {STATES[item['state']]}"
