"""What may be done with questionnaires: drafting, publishing, sending out, answering."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from xuequ.core import audit
from xuequ.core.errors import Forbidden, Refused
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.kit.questionnaires import expressions, parsing, queries, results
from xuequ.kit.questionnaires.changes import FormChange, changes
from xuequ.kit.questionnaires.choices import Audience
from xuequ.kit.questionnaires.models import Answer, Questionnaire, Receipt, Round, Version
from xuequ.kit.questionnaires.queries import Place
from xuequ.kit.questionnaires.schema import Form
from xuequ.kit.questionnaires.validation import Verdict, judge

LONGEST_STAY = 24 * 3600
EMPTY: dict[str, Any] = {"pages": [{"name": "page1", "elements": []}]}


def create(*, actor: Actor, title: str, school: School | None, source: Any, at: dt.datetime) -> Questionnaire:
    """Start a questionnaire, from JSON or from nothing; SchemaError when the JSON is outside the subset."""
    _check_owner(actor, school)
    if source is not None:
        parsing.read(source)
    with transaction.atomic():
        made = Questionnaire.objects.create(
            title=title,
            school=school,
            source=source or EMPTY,
            owner_id=actor.account_id,
            created=at,
            changed=at,
        )
        audit.record(actor, "questionnaire.created", made)
    return made


def _check_owner(actor: Actor, school: School | None) -> None:
    allowed = (
        policy.collects(actor)
        if school is None
        else not policy.collects(actor) and queries.asking_schools(actor).filter(pk=school.pk).exists()
    )
    if not allowed:
        raise Forbidden(_("You may not send questionnaires here."))


def save_source(
    *, actor: Actor, questionnaire: Questionnaire, source: Any, at: dt.datetime, title: str = ""
) -> None:
    """Keep the draft; a draft may be unfinished, so only its size and shape are checked until it is published."""
    _check_owner(actor, questionnaire.school)
    if not isinstance(source, dict) or len(str(source)) > parsing.LARGEST:
        raise Refused(_("The questionnaire is too large or is not a questionnaire."))
    with transaction.atomic():
        questionnaire.source, questionnaire.changed = source, at
        questionnaire.title = title or questionnaire.title
        questionnaire.save(update_fields=["source", "changed", "title"])
        audit.record(actor, "questionnaire.drafted", questionnaire)


def delete(*, actor: Actor, questionnaire: Questionnaire) -> None:
    """Delete a questionnaire that was never sent out."""
    _check_owner(actor, questionnaire.school)
    if questionnaire.rounds.exists():
        raise Refused(_("This questionnaire has been sent out, so it is kept with its answers."))
    with transaction.atomic():
        audit.record(actor, "questionnaire.deleted", questionnaire)
        questionnaire.delete()


def publish(*, actor: Actor, questionnaire: Questionnaire, at: dt.datetime) -> Version:
    """Publish the draft as the next version; SchemaError names what is still wrong, the same again changes nothing."""
    _check_owner(actor, questionnaire.school)
    parsing.read(questionnaire.source)
    with transaction.atomic():
        Questionnaire.objects.select_for_update().get(pk=questionnaire.pk)
        newest = queries.newest_version(questionnaire)
        if newest is not None and newest.source == questionnaire.source:
            return newest
        number = newest.number + 1 if newest is not None else 1
        version = Version.objects.create(
            questionnaire=questionnaire,
            number=number,
            source=questionnaire.source,
            published=at,
            published_by_id=actor.account_id,
        )
        audit.record(actor, "questionnaire.published", questionnaire, {"version": number})
    return version


@dataclass(frozen=True, slots=True)
class Plan:
    """To whom a questionnaire goes, when, why."""

    title: str
    audience: Audience
    schools: Sequence[School]
    opens: dt.datetime
    closes: dt.datetime
    purpose: str
    basis: str
    anonymous: bool = True
    roles: Sequence[str] = ()
    grades: Sequence[int] = ()
    contradiction: str = ""


def open_round(*, actor: Actor, questionnaire: Questionnaire, plan: Plan, at: dt.datetime) -> Round:
    """Send the newest version out; refused when nothing is published or the plan makes no sense."""
    _check_owner(actor, questionnaire.school)
    version = queries.newest_version(questionnaire)
    if version is None:
        raise Refused(_("Publish the questionnaire first."))
    _check_plan(actor, plan, version.form)
    with transaction.atomic():
        made = Round.objects.create(
            questionnaire=questionnaire,
            version=version,
            school=questionnaire.school,
            title=plan.title,
            audience=plan.audience,
            roles=list(plan.roles),
            grades=list(plan.grades),
            anonymous=plan.anonymous and plan.audience != Audience.SCHOOLS,
            opens=plan.opens,
            closes=plan.closes,
            purpose=plan.purpose,
            basis=plan.basis,
            contradiction=plan.contradiction,
            created_by_id=actor.account_id,
            created=at,
        )
        made.schools.set(plan.schools)
        audit.record(actor, "questionnaire.sent", made, {"schools": len(plan.schools)})
    return made


def _check_plan(actor: Actor, plan: Plan, form: Form) -> None:
    allowed = set(queries.asking_schools(actor).values_list("pk", flat=True))
    if not plan.schools or not {school.pk for school in plan.schools} <= allowed:
        raise Forbidden(_("You may not ask these schools."))
    if plan.closes <= plan.opens:
        raise Refused(_("The questionnaire would close before it opens."))
    if plan.audience == Audience.STAFF and not plan.roles:
        raise Refused(_("Choose which staff are asked."))
    if plan.contradiction:
        try:
            expressions.parse(plan.contradiction, results.known_to(form))
        except expressions.ExpressionError as error:
            raise Refused(_("The contradiction cannot be read: %(reason)s.") % {"reason": error}) from error


def close_round(*, actor: Actor, wave: Round, at: dt.datetime) -> None:
    """End a round now; what has been sent is kept."""
    _check_owner(actor, wave.school)
    with transaction.atomic():
        wave.closes = min(wave.closes, max(at, wave.opens))
        wave.save(update_fields=["closes"])
        audit.record(actor, "questionnaire.closed", wave)


def renew_round(*, actor: Actor, wave: Round) -> Version:
    """Let a running round go on with the newest version; answers already sent keep theirs."""
    _check_owner(actor, wave.school)
    newest = queries.newest_version(wave.questionnaire)
    if newest is None or newest.pk == wave.version_id:
        raise Refused(_("There is no newer version."))
    with transaction.atomic():
        wave.version = newest
        wave.save(update_fields=["version"])
        audit.record(actor, "questionnaire.renewed", wave, {"version": newest.number})
    return newest


@dataclass(frozen=True, slots=True)
class Sending:
    """What a browser (or an import) hands in."""

    uid: UUID
    version: int
    data: Mapping[str, Any]
    seconds: int | None = None
    on_paper: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an answer: stored, or not with the reason. ``changed`` says what is new in the form."""

    stored: bool
    verdict: Verdict | None = None
    changed: tuple[FormChange, ...] = ()


def send(*, actor: Actor, wave: Round, place: Place, sending: Sending, at: dt.datetime) -> Outcome:
    """Store an answer; sending the same one again changes nothing.

    An answer given on an older version is stored against that version when it also fits the newer one; else nothing
    is stored and the outcome says what changed.
    """
    if actor.person_id is None:
        raise Forbidden(_("Your account belongs to nobody, so it cannot answer."))
    if Answer.objects.filter(pk=sending.uid, round=wave).exists():
        return Outcome(stored=True)
    if not wave.opens <= at < wave.closes:
        raise Refused(_("This questionnaire is not open."))
    version = Version.objects.filter(questionnaire=wave.questionnaire_id, number=sending.version).first()
    if version is None:
        raise Refused(_("This version of the questionnaire does not exist; please load the page again."))
    verdict = judge(version.form, sending.data)
    if not verdict.accepted:
        return Outcome(stored=False, verdict=verdict)
    changed = changes_for(wave, version, verdict)
    if changed and not _fits(wave.version.form, verdict):
        return Outcome(stored=False, changed=changed)
    _store(actor, wave, place, version, sending, verdict, at)
    return Outcome(stored=True, verdict=verdict, changed=changed)


def changes_for(wave: Round, version: Version, verdict: Verdict) -> tuple[FormChange, ...]:
    """Return what is new in the round's form since ``version``."""
    if version.pk == wave.version_id:
        return ()
    return tuple(changes(version.form, wave.version.form))


def _fits(form: Form, verdict: Verdict) -> bool:
    """Whether an answer to an older version is whole under the new one: no fault, and nothing of it lost."""
    again = judge(form, verdict.data)
    return again.accepted and dict(again.data) == dict(verdict.data)


def _store(
    actor: Actor,
    wave: Round,
    place: Place,
    version: Version,
    sending: Sending,
    verdict: Verdict,
    at: dt.datetime,
) -> None:
    office = wave.audience == Audience.SCHOOLS
    receipt = Receipt(
        round=wave,
        person_id=None if office else actor.person_id,
        school_id=place.school_id if office else None,
        day=at.date(),
    )
    try:
        with transaction.atomic():
            receipt.save(force_insert=True)
            Answer.objects.create(
                uid=sending.uid,
                round=wave,
                version=version,
                data=dict(verdict.data),
                school_id=place.school_id,
                grade=place.grade,
                seconds=_stay(sending.seconds),
                sent=rounded(at) if wave.anonymous else at,
                on_paper=sending.on_paper,
                person_id=None if wave.anonymous else actor.person_id,
            )
            # The row of an anonymous answer must not lead to who gave it, so the round stands for it.
            audit.record(actor, "questionnaire.answered", wave)
    except IntegrityError as error:
        if Answer.objects.filter(pk=sending.uid, round=wave).exists():
            return
        raise Refused(_("You have already answered this questionnaire; one answer counts.")) from error


def _stay(seconds: int | None) -> int | None:
    return min(max(seconds, 0), LONGEST_STAY) if seconds is not None else None


def rounded(at: dt.datetime) -> dt.datetime:
    """Return the beginning of the day, so that the time of an anonymous answer tells nothing."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def bring_in(
    *, actor: Actor, wave: Round, school: School, answers: Iterable[Mapping[str, Any]], at: dt.datetime
) -> int:
    """Store answers typed in from paper or an Excel template for one school, all or none; they carry no person."""
    _check_owner(actor, wave.school)
    if not wave.schools.filter(pk=school.pk).exists():
        raise Forbidden(_("You may not ask these schools."))
    form = wave.version.form
    verdicts = [judge(form, data) for data in answers]
    if not all(verdict.accepted for verdict in verdicts):
        raise Refused(_("Some answers are not right, so nothing was stored."))
    with transaction.atomic():
        Answer.objects.bulk_create(
            Answer(
                round=wave,
                version=wave.version,
                data=dict(one.data),
                school=school,
                sent=rounded(at),
                on_paper=True,
            )
            for one in verdicts
        )
        audit.record(actor, "questionnaire.brought_in", wave, {"answers": len(verdicts)})
    return len(verdicts)
