"""The assessments that a sheet's results go to: found or made ready, checked, compared with the record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from xuequ.district.models import School, Subject, Term
from xuequ.kit.scores.aliases import Use
from xuequ.kit.scores.dry_run import Reading, Target
from xuequ.kit.scores.item_results import ItemSheet
from xuequ.kit.scores.options import ColumnUse, Options
from xuequ.kit.scores.problems import Problem
from xuequ.kit.scores.roster import Roster
from xuequ.record import rules
from xuequ.record.choices import Basis, Form, ResultStatus
from xuequ.record.models import Assessment, Paper, Result
from xuequ.record.papers import PaperContent, current_paper

GRADES = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "高一", "高二", "高三")


@dataclass(slots=True)
class Context:
    """What the rows are read against: the roster, the term, the assessments there are, and what columns showed."""

    roster: Roster
    basis: Basis
    term: Term | None
    grade: int | None
    school: School | None
    existing: dict[str, Assessment]
    only_subject: str = ""
    held_on: str = ""
    forms: dict[str, Form] = field(default_factory=dict)
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    full_marks: dict[str, float] = field(default_factory=dict)
    schools: set[int] = field(default_factory=set)
    items: ItemSheet | None = None

    def full_mark(self, subject: str, column: ColumnUse) -> float | None:
        """Return the full mark of a subject: as said for the column, else that of the assessment there is."""
        if column.full_mark is not None:
            return column.full_mark
        known = self.existing.get(subject)
        return known.full_mark if known is not None else None

    def note_form(
        self, subject: str, group: Sequence[ColumnUse], levels: Mapping[int, tuple[str, ...]]
    ) -> None:
        """Keep in what form the subject's results come, for an assessment that is still to be made."""
        if subject in self.forms:
            return
        scored = [column for column in group if column.use == Use.SCORE]
        self.forms[subject] = Form.SCORE if scored else Form.LEVEL
        for column in group:
            self.levels.setdefault(subject, levels.get(column.index, ()))
            if column.full_mark is not None:
                self.full_marks[subject] = column.full_mark

    def note_items(self) -> None:
        """Keep that the items' subject has scores, and the paper's full mark where none was said."""
        if self.items is not None:
            self.forms.setdefault(self.items.subject, Form.SCORE)
            self.full_marks.setdefault(self.items.subject, self.items.content.full_mark)

    def settle_school(self, schools: set[int]) -> None:
        """Take the only school of the rows for a school's own examination when none was named."""
        self.schools = schools
        if self.school is None and rules.BASES[self.basis].school_made and len(schools) == 1:
            self.school = School.objects.get(pk=next(iter(schools)))
            self.existing = (
                existing_assessments(self.basis, self.term, self.grade, self.school) | self.existing
            )

    def rule_problems(self) -> Iterator[Problem]:
        """Return the exam rules that stand against these results."""
        if refusal := rules.check_schools(self.basis, self.schools):
            yield Problem("rule", params={"text": str(refusal)})
            return
        for subject in self.forms:
            if subject not in self.existing and (refusal := rules.check_assessment(self.new(subject))):
                yield Problem("rule", params={"text": str(refusal)})

    def subjects_sat(self) -> dict[int, str]:
        """Return which subject each pupil has already sat in this sampled monitoring."""
        rows = Result.objects.filter(
            assessment__basis=self.basis,
            assessment__term=self.term,
            assessment__grade=self.grade,
            assessment__study=None,
            is_current=True,
            status=ResultStatus.SCORED,
        ).exclude(assessment__subject=None)
        return dict(rows.values_list("pupil_id", "assessment__subject__code"))

    def new(self, subject: str) -> Assessment:
        """Return the assessment of a subject that does not exist yet, unsaved."""
        row = Subject.objects.filter(code=subject).first()
        return Assessment(
            name=assessment_name(self.basis, self.term, self.grade, row),
            basis=self.basis,
            form=self.forms.get(subject, Form.SCORE),
            subject=row,
            term=self.term,
            grade=self.grade,
            held_on=self.held_on or None,
            full_mark=self.full_marks.get(subject),
            levels=list(self.levels.get(subject, ())),
            school=self.school if rules.BASES[self.basis].school_made else None,
        )


def assessment_name(basis: Basis, term: Term | None, grade: int | None, subject: Subject | None) -> str:
    """Return a name as people in the district say it; it is data and stays in Chinese."""
    short = {
        Basis.SCHOOL_FINAL: "期末",
        Basis.SCHOOL_MIDTERM: "期中",
        Basis.SAMPLED_MONITORING: "抽样监测",
        Basis.STATE_MONITORING: "国家/省监测",
        Basis.GRADUATION: "中考",
        Basis.EXTERNAL_STUDY: "外部研究",
    }[basis]
    written = ""
    if grade is not None:
        written = GRADES[grade - 1] if grade > 9 else f"{GRADES[grade - 1]}年级"
    parts = (
        term.code if term is not None else "",
        written,
        subject.name if subject is not None else "",
        short,
    )
    return " ".join(part for part in parts if part)


def build_context(options: Options, roster: Roster) -> Context:
    """Load what the rows are read against."""
    if options.assessment:
        chosen = Assessment.objects.select_related("subject", "term", "school").get(uid=options.assessment)
        code = chosen.subject.code if chosen.subject is not None else ""
        return Context(
            roster, Basis(chosen.basis), chosen.term, chosen.grade, chosen.school, {code: chosen}, code
        )
    term = Term.objects.filter(code=options.term).first()
    school = School.objects.of_district().filter(uid=options.school).first() if options.school else None
    basis = Basis(options.basis)
    found = existing_assessments(basis, term, options.grade, school)
    return Context(roster, basis, term, options.grade, school, found, held_on=options.held_on)


def existing_assessments(
    basis: Basis, term: Term | None, grade: int | None, school: School | None
) -> dict[str, Assessment]:
    """Return the assessments of this kind by subject; a school's own examinations only once the school is known."""
    if rules.BASES[basis].school_made and school is None:
        return {}
    rows = Assessment.objects.filter(basis=basis, term=term, grade=grade, school=school, study=None)
    found = rows.exclude(subject=None).select_related("subject").order_by("-id")
    return {row.subject.code: row for row in found if row.subject is not None}


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a pupil has in the record: the result's key, its value, and its marks by item."""

    pk: int
    value: tuple[str, float | None, str]
    items: tuple[int | None, str, str]


def classify(readings: Iterable[Reading], context: Context) -> dict[str, Target]:
    """Compare the results with the record: new, other than there, or the same."""
    targets: dict[str, Target] = {}
    current: dict[str, dict[int, _Standing]] = {}
    alike: set[int] = set()
    for reading in readings:
        if reading.subject not in targets:
            target = targets[reading.subject] = _target(reading.subject, context)
            current[reading.subject] = _current(target.assessment)
            alike |= _papers_alike(target)
        target, known = targets[reading.subject], current[reading.subject].get(reading.pupil)
        if known is None:
            target.added.append(reading)
        elif known.value == reading.value and _same_items(known, reading, alike):
            target.unchanged += 1
        else:
            target.corrected.append((known.pk, reading))
    return targets


def _target(subject: str, context: Context) -> Target:
    assessment = context.existing.get(subject) or context.new(subject)
    if context.items is None or context.items.subject != subject:
        return Target(assessment)
    paper = current_paper(assessment) if assessment.pk is not None else None
    same = paper is not None and PaperContent.of(paper) == context.items.content
    return Target(assessment, context.items.content, paper if same else None)


def _papers_alike(target: Target) -> set[int]:
    """Return the assessment's papers whose items are numbered and marked as in the file.

    A paper on which only a key or a knowledge point was corrected leaves the results as they are.
    """
    if target.content is None or target.assessment.pk is None:
        return set()
    wanted = [(item.number, item.full_mark) for item in target.content.items]
    papers = Paper.objects.filter(assessment=target.assessment)
    return {
        paper.pk
        for paper in papers
        if [(item.number, item.full_mark) for item in PaperContent.of(paper).items] == wanted
    }


def _same_items(known: _Standing, reading: Reading, alike: set[int]) -> bool:
    """Whether the marks by item are there already; a file that brings none leaves them as they are."""
    if reading.items is None:
        return True
    paper, scores, options = known.items
    return paper in alike and (scores, options) == (reading.items.scores, reading.items.options)


def _current(assessment: Assessment) -> dict[int, _Standing]:
    if assessment.pk is None:
        return {}
    rows = Result.objects.filter(assessment=assessment, is_current=True)
    fields = rows.values_list(
        "pupil_id", "id", "status", "score", "level", "paper_id", "item_scores", "item_options"
    )
    return {
        pupil: _Standing(pk, (status, score, level), (paper, scores, options))
        for pupil, pk, status, score, level, paper, scores, options in fields
    }
