"""A small district that sat one paper: 3 schools of 2 classes, 4 points of 3 items, one item with a wrong key."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pytest

from tests import factories
from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.models import Pupil, School, SchoolClass, Subject
from xuequ.record.models import Assessment, Paper, Result, Run
from xuequ.record.papers import PaperContent, PaperItem, pack
from xuequ.systems.growth.items import actions, queries
from xuequ.systems.growth.items.queries import Analysis

HELD = dt.date(2026, 3, 2)
DAY = dt.date(2026, 3, 20)
POINTS = ("一次函数", "勾股定理", "因式分解", "数据的集中趋势")
# How hard each point is for everybody; class 1 of the first school lacks 勾股定理 on top.
HARD = {"一次函数": -1.2, "勾股定理": -0.6, "因式分解": 0.9, "数据的集中趋势": -1.6}
WRONG_KEY = "4"
KEYED = 6  # the first items have options


def paper_items() -> tuple[PaperItem, ...]:
    """Twelve items, the first six with options A to D; the true option of each is A."""
    items = []
    for place in range(12):
        number, point = str(place + 1), POINTS[place % 4]
        key = "" if place >= KEYED else "C" if number == WRONG_KEY else "A"
        items.append(PaperItem(number, 1.0 if place < KEYED else 4.0, key, (point,), "应用"))
    return tuple(items)


@dataclass
class Sitting:
    """What the tests of item results play in."""

    subject: Subject
    assessment: Assessment
    paper: Paper
    schools: list[School]
    classes: list[SchoolClass]
    pupils: dict[int, list[Pupil]]

    def pupil(self, place: int = 0) -> Pupil:
        return self.pupils[self.classes[place].pk][0]


def build_sitting() -> Sitting:
    """Write the paper and everybody's marks."""
    rng = np.random.default_rng(20260302)
    factories.make_district()
    subject = factories.make_subject("mathematics")
    assessment = factories.make_assessment("八年级数学抽样监测", subject=subject, held_on=HELD, full_mark=30)
    content = PaperContent(
        paper_items(), {"一次函数": 10, "勾股定理": 6, "因式分解": 24, "数据的集中趋势": 4}
    )
    paper = Paper.objects.create(
        assessment=assessment, items=[item.as_json() for item in content.items], lessons=dict(content.lessons)
    )
    schools = [factories.make_school(f"试题第{i + 1}中学") for i in range(3)]
    classes = [factories.make_class(school, number=number) for school in schools for number in (1, 2)]
    pupils = {group.pk: factories.make_pupils(group, 20) for group in classes}
    small = factories.make_school("试题山村学校")
    classes.append(factories.make_class(small))
    pupils[classes[-1].pk] = factories.make_pupils(classes[-1], 3)
    for place, group in enumerate(classes):
        Result.objects.bulk_create(
            _result(rng, assessment, paper, content, group, p, place) for p in pupils[group.pk]
        )
    return Sitting(subject, assessment, paper, [*schools, small], classes, pupils)


def _result(
    rng: np.random.Generator,
    assessment: Assessment,
    paper: Paper,
    content: PaperContent,
    group: SchoolClass,
    pupil: Pupil,
    place: int,
) -> Result:
    ability = rng.normal(0, 1)
    scores, options = [], []
    for item in content.items:
        lacking = 2.5 if place == 0 and item.points[0] == "勾股定理" else 0.0
        chance = 1 / (1 + np.exp(-1.6 * (ability - HARD[item.points[0]] - lacking)))
        if item.key:
            chosen = "A" if rng.random() < chance else str(rng.choice(["B", "C", "D"]))
            options.append(chosen)
            scores.append(float(chosen == item.key))
        else:
            options.append("")
            scores.append(float(rng.binomial(4, chance)))
    return Result(
        assessment=assessment,
        pupil=pupil,
        school_id=group.school_id,
        school_class=group,
        score=sum(scores),
        paper=paper,
        item_scores=pack(scores),
        item_options=pack(options),
    )


@pytest.fixture
def sitting(db: None) -> Sitting:
    return build_sitting()


def analyse(sitting: Sitting) -> Run:
    run, _task = actions.start_analysis(actor=Actor.system(DAY), assessment=sitting.assessment)
    run_pending()
    run.refresh_from_db()
    return run


@pytest.fixture
def run(sitting: Sitting) -> Run:
    return analyse(sitting)


def analysis_for(actor: Actor, run: Run) -> Analysis:
    found = queries.analysis(actor, run.uid)
    assert found is not None
    return found


def teacher_of(group: SchoolClass, subject: Subject) -> Account:
    """Return the account of a teacher who gives the class the subject."""
    account = factories.make_account()
    factories.make_teacher(group, subject, account=account)
    return account
