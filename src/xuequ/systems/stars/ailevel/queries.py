"""What may be read of the level of AI education. Each function takes the actor and returns what that actor may see."""

from uuid import UUID

from django.db.models import Count, Q, QuerySet

from xuequ.district.actors import SCHOOL_LEADERS, Actor
from xuequ.district.choices import Role
from xuequ.district.models import Dated, RoleAssignment, School
from xuequ.district.people import names_of
from xuequ.kit.questionnaires.choices import Audience
from xuequ.kit.questionnaires.models import Round as SurveyRound
from xuequ.systems.stars.access import may_manage
from xuequ.systems.stars.ailevel.models import (
    AdviceRule,
    LevelEvaluation,
    LevelRater,
    LevelRound,
    LevelVote,
    SchoolLevel,
    SystemAudit,
)
from xuequ.systems.stars.choices import SchemeKind
from xuequ.systems.stars.models import SchemeVersion

RATING_ROLES = (Role.EXPERT, Role.RESEARCHER)
IN_FORCE = Q(published__isnull=False, superseded=None)
LEVEL_IN_FORCE = Q(evaluation__published__isnull=False, evaluation__superseded=None)


def led(actor: Actor) -> "tuple[School, ...]":
    """Return the schools that the actor leads."""
    return actor.schools_of(SCHOOL_LEADERS)


def may_enter(actor: Actor) -> bool:
    """Whether the actor has anything to do with the level of AI education."""
    return actor.sees_district or actor.has(*SCHOOL_LEADERS) or actor.has_everywhere(*RATING_ROLES)


def versions() -> "QuerySet[SchemeVersion]":
    """Return the versions of the scheme of the level of AI education, the newest first."""
    rows = SchemeVersion.objects.filter(scheme__kind=SchemeKind.AI_LEVEL)
    return rows.select_related("scheme", "created_by").order_by("-scheme_id", "-number")


def current_version() -> SchemeVersion | None:
    """Return the newest version of the scheme; None before one is there."""
    return versions().first()


def rounds(actor: Actor) -> "QuerySet[LevelRound]":
    """Return the rounds that the actor may open, the newest first: those who see the district all of them."""
    rows = LevelRound.objects.select_related("version__scheme", "year", "survey__version")
    if not actor.sees_district:
        return rows.none()
    return rows.order_by("-year__code", "-id")


def round_of(actor: Actor, uid: UUID) -> LevelRound | None:
    """Return one round."""
    return rounds(actor).filter(uid=uid).first()


def surveys() -> "QuerySet[SurveyRound]":
    """Return the rounds of questionnaires that the district sent to school offices, the newest first."""
    rows = SurveyRound.objects.filter(school=None, audience=Audience.SCHOOLS)
    return rows.select_related("version").order_by("-opens", "-id")


def evaluations(actor: Actor) -> "QuerySet[LevelEvaluation]":
    """Return the evaluations: analysts see all, other readers of the district the published ones."""
    rows = LevelEvaluation.objects.select_related("run", "round__version__scheme", "round__year")
    if may_manage(actor) or actor.is_system:
        return rows.order_by("-run_id")
    return rows.filter(published__isnull=False).order_by("-run_id") if actor.sees_district else rows.none()


def evaluation(actor: Actor, uid: UUID) -> LevelEvaluation | None:
    """Return the evaluation of a run."""
    return evaluations(actor).filter(run__uid=uid).first()


def in_force(actor: Actor) -> LevelEvaluation | None:
    """Return the published evaluation of the latest year."""
    return evaluations(actor).filter(IN_FORCE).order_by("-round__year__code", "-run_id").first()


def school_levels(evaluation: LevelEvaluation) -> "QuerySet[SchoolLevel]":
    """Return the schools of an evaluation that the caller may read, by code."""
    return evaluation.schools.select_related("school__area").order_by("school__code")


def levels(actor: Actor) -> "QuerySet[SchoolLevel]":
    """Return what the actor may read of single schools: a school's leaders their own, and only what is published."""
    rows = SchoolLevel.objects.select_related(
        "school__area", "evaluation__run", "evaluation__round__version__scheme", "evaluation__round__year"
    )
    if may_manage(actor) or actor.is_system:
        return rows
    rows = rows.filter(evaluation__published__isnull=False)
    return rows if actor.sees_district else rows.filter(school__in=[school.pk for school in led(actor)])


def level(actor: Actor, uid: UUID) -> SchoolLevel | None:
    """Return one school's level."""
    return levels(actor).filter(uid=uid).first()


def own_levels(actor: Actor) -> "QuerySet[SchoolLevel]":
    """Return the levels in force of the schools that the actor leads."""
    return levels(actor).filter(LEVEL_IN_FORCE, school__in=[school.pk for school in led(actor)])


def answers_waiting(actor: Actor) -> "QuerySet[SchoolLevel]":
    """Return what schools said and nobody has replied to, for those who reply."""
    rows = SchoolLevel.objects.filter(answered__isnull=False, replied=None, evaluation__superseded=None)
    return rows if may_manage(actor) else rows.none()


def audits(actor: Actor) -> "QuerySet[SystemAudit]":
    """Return the audits of the system of indexes, for those who see the district."""
    rows = SystemAudit.objects.select_related("run", "round__version__scheme", "round__year")
    return rows.order_by("-run_id") if actor.sees_district else rows.none()


def audit_of(actor: Actor, uid: UUID) -> SystemAudit | None:
    """Return the audit of a run."""
    return audits(actor).filter(run__uid=uid).first()


def seats(actor: Actor) -> "QuerySet[LevelRater]":
    """Return the actor's own seats in rounds, with ``done`` schools; nobody reads another's votes."""
    rows = LevelRater.objects.filter(rater=actor.account_id).select_related(
        "round__version", "round__year", "round__survey"
    )
    return rows.annotate(done=Count("votes")).order_by("-round__due")


def open_seats(actor: Actor) -> list[tuple[LevelRater, int, int]]:
    """Return the actor's seats in rounds that are not published yet, with how many of how many schools are rated.

    Seats where everything is rated are left out. One query, and one for each seat.
    """
    rows = seats(actor).exclude(round__in=LevelRound.objects.filter(evaluations__published__isnull=False))
    found = [(row, row.done, rated_schools(row.round).count()) for row in rows]  # type: ignore[attr-defined]
    return [(row, done, schools) for row, done, schools in found if done < schools]


def votes_stay(round_: LevelRound) -> bool:
    """Whether a round has been published, so that its votes are not changed any more."""
    return LevelEvaluation.objects.filter(IN_FORCE, round=round_).exists()


def seat(actor: Actor, uid: UUID) -> LevelRater | None:
    """Return one of the actor's own seats."""
    return seats(actor).filter(uid=uid).first()


def votes_of(seat: LevelRater) -> dict[int, LevelVote]:
    """Return the votes of a seat by school."""
    return {row.school_id: row for row in seat.votes.all()}


def rated_schools(round_: LevelRound) -> "QuerySet[School]":
    """Return the schools that are rated in a round: those that the survey asks, else all open ones."""
    if round_.survey is not None:
        return round_.survey.schools.select_related("area").order_by("code")
    return School.objects.of_district().filter(closed_on=None).select_related("area").order_by("code")


def rules() -> "QuerySet[AdviceRule]":
    """Return the rules of advice."""
    return AdviceRule.objects.order_by("id")


def possible_raters(actor: Actor) -> list[tuple[int, str]]:
    """Return who may be asked to vote: experts and researchers of the district, account and name, by name."""
    held = RoleAssignment.objects.filter(
        Dated.at(actor.day),
        role__in=RATING_ROLES,
        school=None,
        area=None,
        school_class=None,
        account__is_active=True,
    ).select_related("account")
    found = {row.account_id: (row.account.username, row.get_role_display()) for row in held}
    people = dict(
        RoleAssignment.objects.filter(account__in=found)
        .values_list("account_id", "account__person")
        .distinct()
    )
    names = names_of({pk for pk in people.values() if pk is not None})
    listed = [
        (pk, f"{names.get(people.get(pk) or 0, username)}（{role}）")
        for pk, (username, role) in found.items()
    ]
    return sorted(listed, key=lambda item: item[1])
