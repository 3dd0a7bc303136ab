"""Appeals: what a school says against points, with evidence, and the district's answer."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.notices import actions as notices
from xuequ.record.models import Evidence
from xuequ.systems.stars import history
from xuequ.systems.stars.access import heads
from xuequ.systems.stars.choices import AppealState, ApplicationState, Deed, RoundState, SettledBy
from xuequ.systems.stars.models import Appeal, Application, ItemEvidence
from xuequ.systems.stars.points import exact
from xuequ.systems.stars.rounds.actions import allow, locked_application
from xuequ.systems.stars.rounds.queries import seconds_of, settled_points
from xuequ.systems.stars.schemes.queries import scheme_in
from xuequ.systems.stars.second.actions import recount, settle_item
from xuequ.systems.stars.selfrating.actions import LONGEST_NOTE, item_of, refuse_points

TO_DISTRICT = "stars-appeal"
TO_SCHOOL = "stars-appeal-answer"


def file_appeal(
    *, actor: Actor, application: Application, code: str, text: str, evidence: Evidence | None = None
) -> Appeal:
    """Keep an appeal against the settled points of an item, while the round is not closed."""
    if not heads(actor, application.school_id):
        raise Forbidden(_("Only the head of the school appeals."))
    if not text.strip():
        raise Refused(_("Write why the points should change."))
    item_of(application, code)
    with transaction.atomic():
        locked = locked_application(application, with_round=True)
        if locked.state != ApplicationState.SETTLED or locked.round.state == RoundState.CLOSED:
            raise Refused(_("Appeals are possible from the settled result until the round is closed."))
        if locked.appeals.filter(item=code, state=AppealState.OPEN).exists():
            raise Refused(_("An appeal about this item waits for its answer already."))
        appeal = Appeal.objects.create(
            application=locked,
            item=code,
            text=text.strip()[:LONGEST_NOTE],
            filed=clock.now(),
            submitted_by_id=actor.account_id,
        )
        if evidence is not None:
            ItemEvidence.objects.create(application=locked, item=code, evidence=evidence, appeal=appeal)
        history.note(actor, locked, Deed.APPEALED, item=code, text=appeal.text)
        _tell_district(appeal, locked)
        audit.record(actor, "stars.appeal.filed", appeal)
    return appeal


def _tell_district(appeal: Appeal, application: Application) -> None:
    notices.notify(
        kind=TO_DISTRICT,
        message=gettext_noop("A school appeals against points for its star."),
        about=appeal.uid,
        roles=(Role.DISTRICT_OFFICER,),
        url=reverse("stars:application", args=[application.uid]),
        due=appeal.due,
    )


def answer(*, actor: Actor, appeal: Appeal, points: float | None, text: str) -> Appeal:
    """Answer an appeal: with other points, or with the reason why they stay (``points`` None)."""
    allow(actor)
    if not text.strip():
        raise Refused(_("Write the answer; the school reads it."))
    if points is not None:
        refuse_points(item_of(appeal.application, appeal.item), points)
    with transaction.atomic():
        locked = Appeal.objects.select_for_update().get(pk=appeal.pk)
        if locked.state != AppealState.OPEN:
            raise Refused(_("This appeal has been answered already; nothing was changed."))
        application = locked_application(appeal.application)
        before = settled_points(application).get(locked.item, 0.0)
        changed = points is not None and points != before
        if changed and points is not None:
            settle_item(actor, application, locked.item, points, SettledBy.APPEAL, text)
            recount(application, scheme_in(application.round.version), seconds_of(application))
        locked.state = AppealState.UPHELD if changed else AppealState.REJECTED
        locked.answer, locked.answered = text.strip()[:LONGEST_NOTE], clock.now()
        locked.answered_by_id = actor.account_id
        locked.save(update_fields=["state", "answer", "answered", "answered_by"])
        after = exact(before if points is None else points)
        history.note(
            actor, application, Deed.ANSWERED, item=locked.item, before=exact(before), after=after, text=locked.answer
        )  # fmt: skip
        _tell_school(locked, application)
        audit.record(actor, "stars.appeal.answered", locked, {"changed": changed})
    return locked


def _tell_school(appeal: Appeal, application: Application) -> None:
    notices.resolve(about=appeal.uid, kind=TO_DISTRICT)
    notices.notify(
        kind=TO_SCHOOL,
        message=gettext_noop("The district has answered your appeal."),
        about=appeal.uid,
        roles=(Role.HEAD,),
        school=application.school,
        url=reverse("stars:application", args=[application.uid]),
    )
