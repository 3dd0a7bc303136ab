"""Drawing fields, saying what was found, answering, and settling; no finding changes an amount."""

import secrets
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.engines.evaluation.second_rating import draw as by_lot
from xuequ.kit.notices import actions as notices
from xuequ.systems.support import access
from xuequ.systems.support.audits.choices import ANSWER_WITHIN, TOLD, Field, Finding, Ground
from xuequ.systems.support.audits.claims import Claim, claims
from xuequ.systems.support.audits.models import Audit, Check
from xuequ.systems.support.funding.models import Round

FOUND, ANSWERED, SETTLED = "support-audit-found", "support-audit-answered", "support-audit-settled"
"""Kinds of notices."""


def draw(*, actor: Actor, of: Round, share: Decimal, change: Decimal, seed: int | None = None) -> Audit:
    """Draw a share of each kind of field by lot, so that every school can be drawn; take all that changed much."""
    access.require(access.prepares(actor), _("Only the district's officers draw fields to be looked at."))
    if not 0 < share <= 1 or change < 0:
        raise Refused(_("The share drawn lies above 0 and at 100 % at most."))
    with transaction.atomic():
        found = Round.objects.select_for_update(of=("self",)).select_related(
            "year", "standard", "proposal__run"
        ).get(pk=of.pk)  # fmt: skip
        if found.proposal is None:
            raise Refused(_("Choose a proposal first: fields that nothing is paid on are not drawn."))
        if Check.objects.filter(audit__round=found, finding=Finding.WAITS).exists():
            raise Refused(_("Fields of this round wait to be looked at; finish them before you draw again."))
        row = Audit(
            round=found, seed=secrets.randbelow(2**31) if seed is None else seed, share=share, change=change,
            drawn=clock.now(), created_by_id=actor.account_id,
        )  # fmt: skip
        checks = _drawn(row, claims(found))
        if not checks:
            raise Refused(_("Nothing is paid on any field of this round yet."))
        row.save()
        Check.objects.bulk_create(checks)
        audit.record(actor, "support.audit.drawn", row, {"seed": row.seed, "fields": len(checks)})
    return row


def _drawn(row: Audit, found: Sequence[Claim]) -> list[Check]:
    """The fields to be looked at; writes the lot into the audit."""
    checks = []
    for place, field in enumerate(Field):
        own = [claim for claim in found if claim.field == field]
        changed = [claim for claim in own if claim.changed(row.change)]
        rest = {claim.key: claim for claim in own if claim not in changed}
        row.lot[field], row.changed[field] = sorted(rest), [claim.key for claim in changed]
        checks += [_check(row, claim, Ground.CHANGE) for claim in changed]
        chosen = by_lot(list(rest), float(row.share), row.seed + place)
        checks += [_check(row, rest[key], Ground.LOT) for key in chosen]
    return checks


def _check(row: Audit, claim: Claim, ground: Ground) -> Check:
    return Check(
        audit=row, school=claim.school, project=claim.project, field=claim.field, ground=ground, stated=claim.stated,
        before=claim.before, paid_yuan=claim.paid, evidence_sha256=claim.digest,
    )  # fmt: skip


def repeats(row: Audit, checks: Sequence[Check]) -> bool:
    """Whether the seed and the lot that are kept give the same fields again."""
    for place, field in enumerate(Field):
        again = by_lot(row.lot.get(field, []), float(row.share), row.seed + place)
        own = sorted(_key(check) for check in checks if check.field == field and check.ground == Ground.LOT)
        if own != sorted(again):
            return False
    return True


def _key(check: Check) -> str:
    return f"{check.school.code} {check.project.uid}" if check.project is not None else check.school.code


def _locked(check: Check) -> Check:
    rows = Check.objects.select_for_update(of=("self",)).select_related("school", "project", "audit__round")
    return rows.get(pk=check.pk)


def record_finding(
    *, actor: Actor, check: Check, finding: Finding, reason: str, right_value: Decimal | None = None
) -> Check:
    """Say what the evidence shows; a field that is wrong opens an objection, which the school is asked to answer."""
    access.require(access.audits(actor), _("Only officers, supervisors and experts look at drawn fields."))
    if finding == Finding.WAITS:
        raise Refused(_("Say whether the field is right, wrong, or cannot be told."))
    if finding in TOLD and not reason.strip():
        raise Refused(_("Write what was looked at and what is wrong; the school reads it."))
    with transaction.atomic():
        found = _locked(check)
        if found.finding != Finding.WAITS:
            raise Refused(_("This field has been looked at already; nothing was changed."))
        if finding == Finding.WRONG and right_value == found.stated:
            raise Refused(_("What would be right is the same as what was stated."))
        found.finding, found.reason = finding, reason.strip()
        found.right_value = right_value if finding == Finding.WRONG else None
        found.found, found.recorded_by_id = clock.now(), actor.account_id
        found.save(update_fields=["finding", "reason", "right_value", "found", "recorded_by"])
        if finding in TOLD:
            _ask_school(actor, found)
        audit.record(actor, "support.audit.found", found, {"finding": str(finding)})
    return found


def _ask_school(actor: Actor, check: Check) -> None:
    notices.notify(
        kind=FOUND,
        message=gettext_noop(
            "The district objects to a field of the special fund that was drawn: please answer."
        ),
        about=check.uid,
        roles=(Role.HEAD, Role.SCHOOL_ADMINISTRATOR),
        school=check.school,
        url=reverse("support:check", args=[check.uid]),
        due=actor.day + ANSWER_WITHIN,
    )


def reply(*, actor: Actor, check: Check, text: str) -> Check:
    """The school answers an objection."""
    access.require(access.speaks_for(actor, check.school), _("Only those who lead the school answer."))
    if not text.strip():
        raise Refused(_("Write what the district should know."))
    with transaction.atomic():
        found = _locked(check)
        if not found.waits_for_school:
            raise Refused(_("This has been answered; nothing was changed."))
        found.reply, found.replied, found.replied_by_id = text.strip(), clock.now(), actor.account_id
        found.save(update_fields=["reply", "replied", "replied_by"])
        notices.resolve(about=found.uid, kind=FOUND)
        notices.notify(
            kind=ANSWERED,
            message=gettext_noop("A school answered the objection to a field that was drawn."),
            about=found.uid,
            roles=(Role.DISTRICT_OFFICER,),
            url=reverse("support:check", args=[found.uid]),
        )
        audit.record(actor, "support.audit.answered", found)
    return found


def settle(*, actor: Actor, check: Check, finding: Finding, text: str) -> Check:
    """Close an objection: it stands, or the field is right after all; the words say why, and no amount changes."""
    access.require(access.prepares(actor), _("Only the district's officers settle objections."))
    if finding == Finding.WAITS or not text.strip():
        raise Refused(_("Say whether the objection stands and why; the school reads it."))
    with transaction.atomic():
        found = _locked(check)
        if found.finding not in TOLD or found.settled is not None:
            raise Refused(_("There is no open objection; nothing was changed."))
        if found.replied is None and found.answer_by is not None and actor.day <= found.answer_by:
            raise Refused(_("The school has two weeks to answer; settle it afterwards."))
        was = found.finding
        found.finding, found.settlement = finding, text.strip()
        found.settled, found.settled_by_id = clock.now(), actor.account_id
        found.save(update_fields=["finding", "settlement", "settled", "settled_by"])
        notices.resolve(about=found.uid)
        notices.notify(
            kind=SETTLED,
            message=gettext_noop("The objection to a field of your school is settled: see how."),
            about=found.uid,
            roles=(Role.HEAD,),
            school=found.school,
            url=reverse("support:check", args=[found.uid]),
        )
        audit.record(actor, "support.audit.settled", found, {"was": str(was), "finding": str(finding)})
    return found


def seen(*, actor: Actor, check: Check) -> None:
    """The school has read how it was settled: the notice goes."""
    if check.settled is not None and access.speaks_for(actor, check.school):
        notices.resolve(about=check.uid, kind=SETTLED)
