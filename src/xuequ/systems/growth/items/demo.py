"""The demo's item results: the newest sampled monitoring of grade 8, in which each pupil sits one subject."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core.jobs.enqueue import run_pending
from xuequ.district.models import SchoolClass
from xuequ.kit.demo import DemoContext
from xuequ.record.choices import ResultStatus
from xuequ.record.models import Assessment, Paper, Result, TaughtPoints
from xuequ.record.papers import PaperContent, PaperItem, pack
from xuequ.systems.growth.items import actions

Floats = npt.NDArray[np.float64]
LETTERS = ("A", "B", "C", "D")
LEVELS = ("了解", "理解", "掌握", "应用")
# Of each subject its points with how hard they are, lessons, the marks of items with options, and of open ones.
PLANS: dict[str, tuple[tuple[str, float, float, Sequence[int], Sequence[int]], ...]] = {
    "mathematics": (
        ("全等三角形", -0.5, 11, (3, 3), (8,)),
        ("轴对称", -0.9, 14, (3, 3), (3,)),
        ("整式的乘法与因式分解", -0.2, 14, (3, 3, 3), (6,)),
        ("分式", 0.1, 15, (3, 3), (6,)),
        ("勾股定理", 0.0, 9, (3, 3), (9,)),
        ("平行四边形", 0.3, 15, (3, 3), (8,)),
        ("一次函数", 0.7, 17, (3, 3, 3), (10, 10)),
        ("数据的分析", -0.7, 10, (3,), (3,)),
    ),
    "chinese": (
        ("古诗文默写", -0.8, 12, (), (2, 2, 2, 2)),
        ("语言运用", -0.4, 10, (3, 3, 3), (4,)),
        ("文言文阅读", 0.5, 22, (3, 3), (4, 5)),
        ("现代文阅读", 0.2, 30, (3, 3), (5, 6)),
        ("名著阅读", 0.0, 10, (2, 2), (4,)),
        ("写作", -0.1, 20, (), (25, 10)),
    ),
    "english": (
        ("听力", -0.6, 16, (2, 2, 2, 2), ()),
        ("词汇", -0.1, 14, (2, 2, 2), (4,)),
        ("语法", 0.3, 18, (2, 2, 2, 2), ()),
        ("阅读理解", 0.4, 22, (3, 3, 3, 3), (6,)),
        ("书面表达", 0.2, 12, (), (10, 10)),
    ),
}
LATER = {"数据的分析"}
"""Points that some classes are taught only after the monitoring."""
WRONG_KEY, MUDDLED = 4, 7
"""Places of an item whose key is wrong, and of one that goes by luck: every paper has some."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A paper with the truth behind it: ``right`` is each item's true option, ``hard`` its difficulty."""

    content: PaperContent
    right: tuple[str, ...]
    hard: Floats


def build(demo: DemoContext) -> None:
    """Write papers and marks by item, what classes had been taught, and analyse each paper."""
    wanted = Assessment.objects.filter(
        basis="sampled_monitoring", grade=8, term__code__startswith=f"{demo.timeline.last}-"
    ).select_related("subject")
    for assessment in wanted.order_by("subject__order"):
        if assessment.subject is not None and assessment.subject.code in PLANS:
            demo.progress(0.9, str(_("Item results: %(name)s") % {"name": assessment.name}))
            with transaction.atomic():
                _write(demo, assessment, assessment.subject.code)
            actions.start_analysis(actor=demo.actor, assessment=assessment)
    run_pending()


def _write(demo: DemoContext, assessment: Assessment, subject: str) -> None:
    rng = demo.rng(f"items {assessment.name}")
    plan = _plan(rng, subject)
    paper = Paper.objects.create(
        assessment=assessment,
        items=[item.as_json() for item in plan.content.items],
        lessons=dict(plan.content.lessons),
    )
    rows = list(
        Result.objects.filter(assessment=assessment, is_current=True, status=ResultStatus.SCORED).order_by(
            "pk"
        )
    )
    for row, (scores, options) in zip(rows, _marks(rng, plan, rows), strict=True):
        row.paper, row.item_scores, row.item_options = paper, pack(scores), pack(options)
    Result.objects.bulk_update(rows, ["paper", "item_scores", "item_options"], batch_size=200)
    _report_taught(rng, assessment, plan.content, {row.school_class_id for row in rows})


def _plan(rng: np.random.Generator, subject: str) -> _Plan:
    items: list[PaperItem] = []
    hard: list[float] = []
    for with_options in (True, False):
        for point, level, _lessons, choices, opens in PLANS[subject]:
            for mark in choices if with_options else opens:
                key = str(rng.choice(LETTERS)) if with_options else ""
                number = str(len(items) + 1)
                items.append(PaperItem(number, float(mark), key, (point,), str(rng.choice(LEVELS))))
                hard.append(level + float(rng.normal(0, 0.35)))
    right = tuple(item.key for item in items)
    if items[WRONG_KEY].key:
        other = LETTERS[(LETTERS.index(items[WRONG_KEY].key) + 1) % len(LETTERS)]
        items[WRONG_KEY] = replace(items[WRONG_KEY], key=other)
    lessons = {point: float(hours) for point, _level, hours, _choices, _opens in PLANS[subject]}
    return _Plan(PaperContent(tuple(items), lessons), right, np.array(hard))


def _marks(
    rng: np.random.Generator, plan: _Plan, rows: Sequence[Result]
) -> Iterator[tuple[list[float], list[str]]]:
    """Draw each pupil's marks: the ability shown in the score, own strengths by point, and what the class lacks."""
    scores = np.array([row.score or 0.0 for row in rows])
    ability = (scores - scores.mean()) / (scores.std() or 1.0)
    points = plan.content.points
    place = np.array([points.index(item.points[0]) for item in plan.content.items])
    classes = {row.school_class_id for row in rows}
    lacking = {group: rng.normal(0, 0.45, len(points)) for group in sorted(classes, key=lambda pk: pk or 0)}
    for row, own in zip(rows, ability, strict=True):
        strength = 0.85 * own + rng.normal(0, 0.55, len(points)) + lacking[row.school_class_id]
        # Answers in one's own words are marked step by step: even weak pupils get some of the marks.
        slope = np.where([bool(right) for right in plan.right], 1.7, 0.9)
        chance = 1 / (1 + np.exp(-slope * (strength[place] - plan.hard)))
        yield _answers(rng, plan, chance)


def _pull(index: int) -> tuple[float, float, float]:
    """Return how the wrong options of an item draw pupils: in every sixth one of them draws nobody."""
    return (0.62, 0.36, 0.02) if index % 6 == 2 else (0.45, 0.32, 0.23)


def _answers(rng: np.random.Generator, plan: _Plan, chance: Floats) -> tuple[list[float], list[str]]:
    marks, options = [], []
    for index, item in enumerate(plan.content.items):
        if not plan.right[index]:
            marks.append(float(rng.binomial(int(item.full_mark), chance[index])))
            options.append("")
            continue
        luck = 0.4 if index == MUDDLED else 0.15 + 0.85 * chance[index]
        others = [letter for letter in LETTERS if letter != plan.right[index]]
        chosen = plan.right[index] if rng.random() < luck else str(rng.choice(others, p=_pull(index)))
        options.append(chosen)
        marks.append(item.full_mark if chosen == item.key else 0.0)
    return marks, options


def _report_taught(
    rng: np.random.Generator, assessment: Assessment, content: PaperContent, classes: set[int | None]
) -> None:
    """Let two classes of three report what they had been taught; who had a point later says so."""
    held = assessment.held_on or dt.date(2026, 5, 20)
    moment = dt.datetime.combine(held, dt.time(16), dt.UTC)
    for group in SchoolClass.objects.filter(pk__in=[pk for pk in classes if pk]).order_by("pk"):
        if rng.random() < 0.67:
            later = rng.random() < 0.6
            points = [point for point in content.points if not (later and point in LATER)]
            TaughtPoints.objects.create(
                assessment=assessment, school_class=group, points=points, entered_at=moment
            )
