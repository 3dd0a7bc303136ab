"""One check of a roster, run before storing is offered and again, in the transaction, when it happens."""

from xuequ.core.jobs.context import report_progress
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.people import plain
from xuequ.kit.roster.check_guardians import check_guardians
from xuequ.kit.roster.check_places import check_classes, check_schools, count_implied_classes
from xuequ.kit.roster.check_pupils import Named, check_pupils
from xuequ.kit.roster.check_staff import check_staff
from xuequ.kit.roster.content import RosterContent
from xuequ.kit.roster.context import Context
from xuequ.kit.roster.options import Options
from xuequ.kit.roster.plan import DryRun, Plan
from xuequ.kit.roster.problems import Remark
from xuequ.kit.roster.state import SchoolRef, State, load_places, load_pupils


def check_roster(content: RosterContent, options: Options, actor: Actor) -> DryRun:
    """Compare what a file says with the roster on the day from which it is to hold."""
    state = load_places(actor, options.day, options.first_year)
    run = DryRun(
        Plan(options.day, sex_kind=state.sex_kind),
        content.count,
        list(content.problems),
        remarks=list(content.remarks),
    )
    context = Context(content, options, state, run, policy.keeps_roster_everywhere(actor))
    context.only_school = _only_school(context)
    check_schools(context)
    check_classes(context)
    report_progress(0.25, "")
    named = _pupils(context)
    report_progress(0.35, "")
    check_staff(context)
    check_guardians(context, named)
    report_progress(0.5, "")
    if context.left_out:
        run.remarks.append(Remark("left-out-rows", {"count": str(context.left_out)}))
    return run


def _only_school(context: Context) -> SchoolRef | None:
    """Return the school of rows that name none: the one chosen, else the only one whose roster the actor keeps."""
    own = context.state.own_schools()
    if context.options.school:
        return next((school for school in own if school.code == context.options.school), None)
    return own[0] if len(own) == 1 else None


def _pupils(context: Context) -> Named:
    rows = context.content.pupils
    if not rows:
        return Named()
    state = context.state
    keys = {school.pk for school in _schools_named(state, context) if school.pk is not None}
    numbers = {state.index.number(row.number) for row in rows if row.number}
    load_pupils(state, keys, numbers)
    named = check_pupils(context)
    count_implied_classes(context)
    return named


def _schools_named(state: State, context: Context) -> set[SchoolRef]:
    texts = {row.school for row in context.content.pupils}
    found = {state.schools.get(plain(text)) if text else context.only_school for text in texts}
    return {school for school in found if school is not None}
