"""Typed results into the record, and a school's own examinations into the plan."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.models import School, Subject, Term
from xuequ.kit.scores.cells import CellValue, read_level, read_score
from xuequ.kit.scores.targets import assessment_name
from xuequ.record import actions as record
from xuequ.record.choices import Basis, Form, ResultStatus
from xuequ.record.entering import Entered, Entry, Outcome, Value, enter
from xuequ.record.models import Assessment, Result
from xuequ.systems.office.entry import queries

CELLS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Typed:
    """What came from the page for one pupil: the uid, the text, and the token of what stood there."""

    pupil: str
    text: str
    was: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one cell: ``state`` is ``saved``, ``conflict`` or ``refused``, with what stands there now."""

    pupil: str
    state: str
    text: str
    token: str
    message: str = ""


def shown(result: Result | None) -> str:
    """Return a result as it stands in a cell."""
    if result is None:
        return ""
    if result.status != ResultStatus.SCORED:
        return str(result.get_status_display())
    return result.level or result.raw_text or f"{result.score:g}"


def token(result: Result | None) -> str:
    """Return the token of what stands in a cell, empty for nothing."""
    return Value.of(result).token if result is not None else ""


def enter_cells(*, actor: Actor, sheet: queries.Sheet, typed: Sequence[Typed]) -> list[Answer]:
    """Store the cells that can be read; each cell is answered by itself, and a wrong one stops no other."""
    if len(typed) > CELLS_AT_ONCE:
        raise Refused(_("That is more than %(limit)s cells at once.") % {"limit": CELLS_AT_ONCE})
    pupils = queries.enrolled(sheet, actor)
    read = {item.pupil: _read(item.text, sheet.assessment) for item in typed}
    last = {item.pupil: item for item in typed if item.pupil in pupils and not read[item.pupil].error}
    entries = [
        Entry(
            pupils[item.pupil].pk,
            sheet.school_class.school_id,
            sheet.school_class.pk,
            _value(read[item.pupil]),
            read[item.pupil].raw,
            item.was,
        )
        for item in last.values()
    ]
    found = enter(actor=actor, assessment=sheet.assessment, entries=entries) if entries else {}
    return [_answer(item, pupils, read[item.pupil], found, sheet.assessment) for item in typed]


def _read(text: str, assessment: Assessment) -> CellValue:
    if assessment.form == Form.LEVEL:
        return read_level(text[:40], [level.upper() for level in assessment.levels])
    return read_score(text[:40], assessment.full_mark)


def _value(cell: CellValue) -> Value | None:
    return None if cell.blank else Value(cell.status, cell.score, cell.level)


def _answer(
    typed: Typed,
    pupils: Mapping[str, object],
    cell: CellValue,
    found: Mapping[int, Entered],
    assessment: Assessment,
) -> Answer:
    pupil = pupils.get(typed.pupil)
    if pupil is None:
        message = _("This child is no longer in the class.")
        return Answer(typed.pupil, "refused", typed.text, typed.was, message)
    if cell.error:
        return Answer(typed.pupil, "refused", typed.text, typed.was, _why(cell.error, assessment))
    outcome = found[pupil.pk]  # type: ignore[attr-defined]
    now = Answer(typed.pupil, str(outcome.outcome), shown(outcome.result), token(outcome.result))
    if outcome.outcome == Outcome.CONFLICT:
        text = now.text or _("nothing")
        message = _("Somebody else has meanwhile entered: %(value)s. Type again to replace it.") % {
            "value": text
        }
        return Answer(now.pupil, now.state, now.text, now.token, message)
    return now


def _why(error: str, assessment: Assessment) -> str:
    if error == "over-full-mark":
        return _("More than the full mark of %(mark)s.") % {"mark": f"{assessment.full_mark:g}"}
    if error == "unknown-level":
        return _("Not one of the levels: %(levels)s.") % {"levels": "、".join(assessment.levels)}
    if error == "negative":
        return _("Less than zero.")
    return _("Not a score. Write a number, or 缺考, 免考, 取消.")


@dataclass(frozen=True, slots=True)
class Plan:
    """An examination of one school's grade in several subjects."""

    school: School
    term: Term
    basis: Basis
    grade: int
    subjects: Sequence[Subject]
    form: Form
    full_mark: float | None
    levels: Sequence[str]
    held_on: dt.date | None


def plan_exam(*, actor: Actor, plan: Plan) -> list[Assessment]:
    """Enter the school's examination in each subject, as far as the exam rules allow; all or none."""
    if plan.school not in queries.own_schools(actor):
        raise Forbidden(_("You may plan examinations of your own school only."))
    with transaction.atomic():
        return [_planned(actor, plan, subject) for subject in plan.subjects]


def _planned(actor: Actor, plan: Plan, subject: Subject) -> Assessment:
    return record.create_assessment(
        actor=actor,
        name=assessment_name(plan.basis, plan.term, plan.grade, subject),
        basis=plan.basis,
        form=plan.form,
        subject=subject,
        term=plan.term,
        grade=plan.grade,
        held_on=plan.held_on,
        full_mark=plan.full_mark if plan.form == Form.SCORE else None,
        levels=list(plan.levels) if plan.form == Form.LEVEL else [],
        school=plan.school,
    )
