"""The data office's part of the demo: who is who, and what was measured."""

from django.db import transaction

from xuequ.district.choices import Role
from xuequ.district.models import Enrolment, Guardianship, Pupil, RoleAssignment
from xuequ.kit.demo import DemoContext
from xuequ.kit.demo.factors import write_factors
from xuequ.kit.demo.results import write_results
from xuequ.kit.demo.roster import Roster, write_guardians, write_roster
from xuequ.kit.demo.staff import bind_account, demo_class, write_district_accounts, write_staff
from xuequ.record.choices import ResultStatus
from xuequ.record.models import Result
from xuequ.systems.office.process_demo import publish as publish_ledgers


def build(demo: DemoContext) -> None:
    """Write the whole roster, all results and factors, and the demo's accounts, in one transaction."""
    with transaction.atomic():
        demo.progress(0.0, "schools and classes")
        roster = write_roster(demo)
        demo.progress(0.3, "guardians and staff")
        write_guardians(demo, roster.pupils)
        write_staff(demo, roster)
        write_district_accounts(demo, roster)
        demo.progress(0.5, "factors")
        write_factors(demo, roster)
        demo.progress(0.6, "results")
        write_results(demo, roster)
        publish_ledgers(demo, roster)
        _write_family_accounts(demo, roster)
        demo.progress(1.0, "data office done")


def _write_family_accounts(demo: DemoContext, roster: Roster) -> None:
    """Give one child of the class where the demo's accounts meet, and a guardian of the child, an account."""
    school_class = roster.classes[demo_class(demo)]
    pupil = _child_with_history(demo, school_class.pk)
    since = Enrolment.objects.get(pupil=pupil, end=None).start
    guardian = Guardianship.objects.filter(pupil=pupil).order_by("pk").select_related("guardian")[0].guardian
    for person, username, role in (
        (pupil.person, "demo-pupil", Role.PUPIL),
        (guardian, "demo-guardian", Role.GUARDIAN),
    ):
        account = bind_account(person, username)
        RoleAssignment.objects.create(account=account, role=role, start=since, school_class=school_class)


def _child_with_history(demo: DemoContext, class_id: int) -> Pupil:
    """Return a pupil of the class who has a guardian and results at both times of the class's growth."""
    cohort = next(c for c in demo.cohorts if (c.grade, c.year) == (8, demo.timeline.last))
    scored = Result.objects.filter(status=ResultStatus.SCORED)
    return (
        Pupil.objects.filter(enrolments__school_class=class_id, enrolments__end=None, guardians__isnull=False)
        .filter(pk__in=scored.filter(assessment__in=cohort.priors).values("pupil"))
        .filter(pk__in=scored.filter(assessment__in=cohort.outcomes, school_class=class_id).values("pupil"))
        .select_related("person")
        .order_by("pk")[0]
    )
