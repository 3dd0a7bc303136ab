"""The rules about examinations, as data: each with its source, how sure we are of the wording, and what it refuses.

Every check returns a ``Refusal`` or None. Pages show the refusal; actions raise it as ``core.errors.Refused``.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from xuequ.core.errors import Refused
from xuequ.core.figures import Text
from xuequ.record.choices import Basis, Form
from xuequ.record.models import Assessment


class Certainty(StrEnum):
    """How sure we are of a rule's wording."""

    VERIFIED = "verified"
    TO_CONFIRM = "to_confirm"


class Comparison(StrEnum):
    """Whether results under a basis may be compared between schools."""

    ALWAYS = "always"
    IF_LINKED = "if_linked"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule is written."""

    title: str
    since: dt.date
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it says to the person whom it stops, and what that person can do."""

    code: str
    message: Text
    remedy: Text
    source: Source


@dataclass(frozen=True, slots=True)
class BasisRule:
    """What a basis allows. ``school_made`` tests belong to one school; ``grades`` is where the basis may be used."""

    basis: Basis
    comparison: Comparison
    school_made: bool
    grades: range
    one_subject_per_pupil: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that stands against something, with the names of the assessments concerned."""

    rule: Rule
    names: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        return self.rule.code

    def __str__(self) -> str:
        sentence = f"{self.rule.message} {self.rule.remedy}"
        return f"{'、'.join(self.names)}: {sentence}" if self.names else sentence

    def as_error(self) -> Refused:
        """Return the refusal as the error that an action raises."""
        return Refused(str(self))


NOTICE_2025 = Source(
    "教育部办公厅《关于进一步加强中小学日常考试管理的通知》", dt.date(2025, 12, 1), Certainty.VERIFIED
)
NOTICE_2021 = Source("教基厅函〔2021〕34号", dt.date(2021, 8, 30), Certainty.TO_CONFIRM)
OWN_METHOD = Source("xuequ: docs/methods", dt.date(2026, 11, 1), Certainty.VERIFIED)

NO_PAPER_TEST = Rule(
    "no-paper-test",
    _("Grades 1 and 2 have no paper examinations, so there are no scores."),
    _("Record levels of performance instead."),
    NOTICE_2025,
)
ONE_SCHOOL_ONLY = Rule(
    "one-school-only",
    _(
        "A school's own examination belongs to one school; examinations across schools are not allowed in this grade."
    ),
    _("Import each school's examination by itself, or choose the basis on which this one was really held."),
    NOTICE_2025,
)
NO_MIDTERM = Rule(
    "no-midterm",
    _("Primary schools hold one end-of-term examination a term and no mid-term examination."),
    _("Choose the end-of-term examination or another basis."),
    NOTICE_2025,
)
ONE_A_TERM = Rule(
    "one-a-term",
    _(
        "This school already has an examination of this kind in this subject, grade and term, and one is allowed."
    ),
    _("Import the sheet into that assessment."),
    NOTICE_2025,
)
GRADUATION_GRADE = Rule(
    "graduation-grade",
    _("The junior graduation examination is held in grade 9 only."),
    _("Choose grade 9 or another basis."),
    NOTICE_2025,
)
ONE_SUBJECT = Rule(
    "one-subject",
    _(
        "In sampled monitoring each pupil sits one subject; a test of all subjects for all pupils is an examination."
    ),
    _("Leave the pupil's second subject out, or choose the basis on which the test was really held."),
    NOTICE_2025,
)
UNLINKED = Rule(
    "unlinked",
    _("Tests that schools make themselves measure different things and are never compared between schools."),
    _("Use sampled monitoring, graduation results, or tests on one linked scale."),
    OWN_METHOD,
)
MIXED_WORLDS = Rule(
    "mixed-worlds",
    _("Results of an external study and of the district, or of two studies, cannot be used together."),
    _("Choose assessments of one study, or of the district only."),
    OWN_METHOD,
)
NO_RANKS = Rule(
    "no-ranks",
    _("Pupils are never ranked, and results are not made public."),
    _("Families see their own child's results in levels and words."),
    NOTICE_2021,
)

RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        NO_PAPER_TEST, ONE_SCHOOL_ONLY, NO_MIDTERM, ONE_A_TERM, GRADUATION_GRADE, ONE_SUBJECT, UNLINKED,
        MIXED_WORLDS, NO_RANKS,
    )
}  # fmt: skip

ALL_GRADES = range(1, 13)
SECONDARY = range(7, 13)

BASES: dict[Basis, BasisRule] = {
    rule.basis: rule
    for rule in (
        BasisRule(Basis.SCHOOL_FINAL, Comparison.IF_LINKED, True, ALL_GRADES),
        BasisRule(Basis.SCHOOL_MIDTERM, Comparison.IF_LINKED, True, SECONDARY),
        BasisRule(Basis.SAMPLED_MONITORING, Comparison.ALWAYS, False, ALL_GRADES, one_subject_per_pupil=True),
        BasisRule(Basis.STATE_MONITORING, Comparison.ALWAYS, False, ALL_GRADES),
        BasisRule(Basis.GRADUATION, Comparison.ALWAYS, False, range(9, 10)),
        BasisRule(Basis.EXTERNAL_STUDY, Comparison.ALWAYS, False, ALL_GRADES),
    )
}

WRONG_GRADE = {Basis.SCHOOL_MIDTERM: NO_MIDTERM, Basis.GRADUATION: GRADUATION_GRADE}


def basis_rule(assessment: Assessment) -> BasisRule:
    """Return what the assessment's basis allows."""
    return BASES[Basis(assessment.basis)]


def check_assessment(assessment: Assessment) -> Refusal | None:
    """Return why such an assessment may not be held (grade, basis and form), before it is stored."""
    if assessment.study_id is not None or assessment.grade is None:
        return None
    if assessment.grade <= 2 and assessment.form == Form.SCORE:
        return Refusal(NO_PAPER_TEST)
    rule = basis_rule(assessment)
    if assessment.grade not in rule.grades:
        return Refusal(WRONG_GRADE[rule.basis])
    if rule.school_made and assessment.school_id is None:
        return Refusal(ONE_SCHOOL_ONLY)
    return _one_a_term(assessment) if rule.school_made else None


def _one_a_term(assessment: Assessment) -> Refusal | None:
    same = Assessment.objects.filter(
        basis=assessment.basis,
        school=assessment.school_id,
        term=assessment.term_id,
        grade=assessment.grade,
        subject=assessment.subject_id,
    ).exclude(pk=assessment.pk)
    first = same.values_list("name", flat=True).first()
    return Refusal(ONE_A_TERM, (first,)) if first is not None else None


def check_schools(basis: Basis, schools: Collection[int]) -> Refusal | None:
    """Return why one assessment under ``basis`` may not hold results of all these schools (primary keys)."""
    return Refusal(ONE_SCHOOL_ONLY) if BASES[basis].school_made and len(set(schools)) > 1 else None


def comparable(assessments: Iterable[Assessment]) -> Refusal | None:
    """Return why these assessments may not be used together to compare schools, or None when they may.

    Assessments that all belong to one school pass: within it, its own tests compare its classes.
    """
    given: Sequence[Assessment] = list(assessments)
    if len({assessment.study_id for assessment in given}) > 1:
        return Refusal(MIXED_WORLDS, _names(given))
    own = [a for a in given if a.study_id is None]
    if paper := [a for a in own if a.grade is not None and a.grade <= 2 and a.form == Form.SCORE]:
        return Refusal(NO_PAPER_TEST, _names(paper))
    if len({a.school_id for a in own}) == 1 and own[0].school_id is not None:
        return None
    unlinked = [a for a in own if basis_rule(a).comparison == Comparison.IF_LINKED and not a.scale]
    return Refusal(UNLINKED, _names(unlinked)) if unlinked else None


def _names(assessments: Iterable[Assessment]) -> tuple[str, ...]:
    return tuple(assessment.name for assessment in assessments)
