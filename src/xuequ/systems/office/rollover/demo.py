"""The demo's coming school year: prepared and previewed, with two schools further on. No enrolment is touched."""

from xuequ.district.choices import Role, Stage
from xuequ.district.models import RoleAssignment, School
from xuequ.kit.demo import DemoContext
from xuequ.kit.rollover import actions, placings, running
from xuequ.kit.rollover.choices import Step
from xuequ.kit.rollover.facts import Choices
from xuequ.kit.rollover.models import Rollover, SchoolRollover

LOT = 20260825
PREPARED = (Step.CLASSES, Step.PUPILS, Step.NEW_CLASSES, Step.STAFF)


def build(demo: DemoContext) -> None:
    """Prepare the year after the running one; one school is ready, another places its eighth grade anew."""
    rollover = actions.prepare(actor=demo.actor, first_year=demo.timeline.running + 1)
    items = rollover.schools.select_related("school", "rollover__year")
    running.preview_schools(actor=demo.actor, items=items)
    own = RoleAssignment.objects.filter(role=Role.SCHOOL_ADMINISTRATOR, account__username="demo-school")
    placing = _item(rollover, own.get().school_id)
    primary = School.objects.of_district().filter(stage=Stage.PRIMARY).order_by("code").first()
    _place(demo, placing)
    if primary is not None:
        _make_ready(demo, _item(rollover, primary.pk))


def _item(rollover: Rollover, school_id: int | None) -> SchoolRollover:
    return rollover.schools.select_related("school", "rollover__year").get(school=school_id)


def _place(demo: DemoContext, item: SchoolRollover) -> None:
    """Leave a school on the page where its eighth grade has been placed as a draft."""
    for step in (Step.CLASSES, Step.PUPILS):
        actions.confirm_step(actor=demo.actor, item=item, step=step)
    choices = Choices(placed=frozenset({8}))
    actions.decide(actor=demo.actor, item=item, choices=choices, step=Step.NEW_CLASSES)
    placings.place_by_rule(actor=demo.actor, item=item, grade=8, lot=LOT, by_band=True)
    item.refresh_from_db()
    running.preview(actor=demo.actor, item=item)


def _make_ready(demo: DemoContext, item: SchoolRollover) -> None:
    for step in PREPARED:
        actions.confirm_step(actor=demo.actor, item=item, step=step)
    running.declare_ready(actor=demo.actor, item=item)
