"""Consent of families: what is asked, who has said what, and whether a use of a child's data may go ahead."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.clock import SHANGHAI
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.registry import ConsentUse, RuleUnit, consent_uses, withdrawing
from xuequ.district import policy, rules
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.consent import Consent, ConsentText, Speaker
from xuequ.district.models import Dated, Enrolment, Guardianship, Pupil, School, SchoolClass
from xuequ.district.people import Identity, Person

OWN_AGE = "own-consent-age"
LONGEST = 4000


class Standing(StrEnum):
    """Where a family stands on one use."""

    OPEN = "open"  # nobody has answered the version that is asked now, or somebody's word is still missing
    GRANTED = "granted"
    REFUSED = "refused"


# Texts: written as a draft, published, never edited afterwards.


def text_in_force(use: str, at: dt.datetime) -> ConsentText | None:
    """Return the version of a use's text that is asked at ``at``."""
    return ConsentText.objects.filter(use=use, published__lte=at).order_by("-version").first()


def texts_in_force(at: dt.datetime) -> dict[str, ConsentText]:
    """Return the versions that are asked at ``at``, by use: of declared uses only. One query."""
    rows = ConsentText.objects.filter(published__lte=at, use__in=list(consent_uses())).order_by("version")
    return {text.use: text for text in rows}


def asked_at(at: dt.datetime) -> "QuerySet[ConsentText]":
    """Return the same as a query, to be joined with answers."""
    published = ConsentText.objects.filter(published__lte=at, use__in=list(consent_uses()))
    newer = published.filter(use=OuterRef("use"), version__gt=OuterRef("version"))
    return published.filter(~Exists(newer))


def wording(text: ConsentText) -> str:
    """Return the text in the language of the page; the Chinese one is the one that counts."""
    return text.text_en if text.text_en and not (get_language() or "").startswith("zh") else text.text


def texts(actor: Actor) -> "QuerySet[ConsentText]":
    """Return all versions of all texts, for those who write them."""
    return ConsentText.objects.all() if policy.handles_rights(actor) else ConsentText.objects.none()


def write_text(*, actor: Actor, use: str, text: str, text_en: str = "") -> ConsentText:
    """Write the draft of a use's next version, or rewrite it while it is a draft."""
    _check_writer(actor)
    if use not in consent_uses():
        raise Refused(_("No system uses data on this consent."))
    with transaction.atomic():
        row = ConsentText.objects.select_for_update().filter(use=use, published=None).first()
        if row is None:
            latest = ConsentText.objects.filter(use=use).aggregate(latest=Max("version"))["latest"] or 0
            row = ConsentText(use=use, version=latest + 1)
        row.text, row.text_en = text, text_en
        row.save()
        audit.record(actor, "consent_text.written", row, {"use": use, "version": row.version})
    return row


def publish(*, actor: Actor, text: ConsentText) -> None:
    """Publish a draft: from now on families are asked this version, also those who agreed to an older one."""
    _check_writer(actor)
    with transaction.atomic():
        row = ConsentText.objects.select_for_update().get(pk=text.pk)
        if row.published is not None:
            raise Refused(_("This version has been published already and can no longer be changed."))
        row.published = clock.now()
        row.save(update_fields=["published"])
        audit.record(actor, "consent_text.published", row, {"use": row.use, "version": row.version})


def discard(*, actor: Actor, text: ConsentText) -> None:
    """Delete a draft."""
    _check_writer(actor)
    with transaction.atomic():
        row = ConsentText.objects.select_for_update().get(pk=text.pk)
        if row.published is not None:
            raise Refused(_("This version has been published already and can no longer be changed."))
        audit.record(actor, "consent_text.discarded", row, {"use": row.use, "version": row.version})
        row.delete()


def _check_writer(actor: Actor) -> None:
    if not policy.handles_rights(actor):
        raise Forbidden(_("Only the district's data office writes what families are asked."))


# What has been said. The newest word of each speaker on the version that is asked counts.


@dataclass(frozen=True, slots=True)
class Said:
    """The newest words on one use about one child."""

    guardians: dict[int | None, bool]  # by guardian; None is a guardian whom the roster does not know
    own: bool | None = None  # what a pupil who is old enough said


def standing(said: Said, *, own_needed: bool) -> Standing:
    """Return what the words come to: one refusal is a refusal, and whoever has to agree must have agreed."""
    words = [*said.guardians.values(), *([said.own] if own_needed and said.own is not None else [])]
    if not all(words):
        return Standing.REFUSED
    agreed = any(said.guardians.values()) and (said.own is True or not own_needed)
    return Standing.GRANTED if agreed else Standing.OPEN


def granted(person: Person, use: str, at: dt.datetime) -> bool:
    """Whether a use of this child's data may go ahead at ``at``. Systems ask before each use."""
    return person.pk in granted_among([person.pk], use, at)


def granted_among(person_ids: Collection[int], use: str, at: dt.datetime) -> set[int]:
    """Return those of the children for whom the use may go ahead at ``at``: three queries for any number."""
    found = standings(person_ids, use, at)
    return {pk for pk, where in found.items() if where == Standing.GRANTED}


def standings(
    person_ids: Collection[int], use: str, at: dt.datetime, text: ConsentText | None = None
) -> dict[int, Standing]:
    """Return where each child's family stands on the use at ``at``; all open while no text is published."""
    text = text or text_in_force(use, at)
    if text is None:
        return dict.fromkeys(person_ids, Standing.OPEN)
    said = _said(person_ids, text, at)
    grown = _old_enough(person_ids, at)
    return {pk: standing(said[pk], own_needed=pk in grown) for pk in person_ids}


def _said(person_ids: Collection[int], text: ConsentText, at: dt.datetime) -> dict[int, Said]:
    found = {pk: Said({}) for pk in person_ids}
    guardians = _guardians_of(person_ids, at.astimezone(SHANGHAI).date())
    for piece in _pieces(person_ids):
        rows = Consent.objects.filter(text=text, person__in=piece, said__lte=at).order_by("said", "id")
        for row in rows.values_list("person", "guardian", "speaker", "granted"):
            _hear(found, guardians, *row)
    return found


def _hear(
    found: dict[int, Said],
    guardians: dict[int, set[int]],
    child: int,
    guardian: int | None,
    speaker: str,
    word: bool,
) -> None:
    if speaker == Speaker.SELF:
        found[child] = Said(found[child].guardians, word)
    elif guardian is None or guardian in guardians[child]:
        found[child].guardians[guardian] = word


def _guardians_of(person_ids: Collection[int], day: dt.date) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for piece in _pieces(person_ids):
        rows = Guardianship.objects.filter(Dated.at(day), pupil__person__in=piece)
        for child, guardian in rows.values_list("pupil__person", "guardian"):
            found[child].add(guardian)
    return found


def _old_enough(person_ids: Collection[int], at: dt.datetime) -> set[int]:
    """Return the children known to be so old that their own word is needed beside the guardian's."""
    day = at.astimezone(SHANGHAI).date()
    born_by = rules.earlier(day, rules.in_force(OWN_AGE, day).value, RuleUnit.YEARS)
    found = set()
    for piece in _pieces(person_ids):
        for identity in Identity.objects.filter(person__in=piece):
            born = identity.fields.get("born", "")
            if born and dt.date.fromisoformat(born) <= born_by:
                found.add(identity.person_id)
    return found


def own_word_counts(person: Person, at: dt.datetime) -> bool:
    """Whether the child is old enough to be asked beside the guardians."""
    return person.pk in _old_enough([person.pk], at)


def _pieces(keys: Collection[int], size: int = 500) -> Iterable[list[int]]:
    every = list(keys)
    return (every[start : start + size] for start in range(0, len(every), size))


@dataclass(frozen=True, slots=True)
class Asked:
    """One use as a family's page shows it."""

    use: ConsentUse
    text: ConsentText
    standing: Standing
    mine: bool | None  # what the reader said to this version
    older: bool  # the reader answered an older version, so that this one is new to them
    may_answer: bool


def asked_of(actor: Actor, pupil: Pupil, at: dt.datetime) -> list[Asked]:
    """Return what the reader (a guardian, or the pupil when old enough) is asked about the pupil."""
    speaker = speaker_for(actor, pupil, at)
    rows = []
    for use, text in texts_in_force(at).items():
        own = Consent.objects.filter(person=pupil.person, text__use=use, said__lte=at)
        own = own.filter(**_by(actor, speaker)) if speaker else own.none()
        newest = own.filter(text=text).order_by("said", "id").last()
        where = standings([pupil.person_id], use, at, text)[pupil.person_id]
        older = newest is None and own.exists()
        rows.append(
            Asked(
                consent_uses()[use],
                text,
                where,
                newest.granted if newest else None,
                older,
                speaker is not None,
            )
        )
    return rows


def _by(actor: Actor, speaker: Speaker) -> dict[str, Any]:
    if speaker == Speaker.SELF:
        return {"speaker": Speaker.SELF}
    return {"speaker": Speaker.GUARDIAN, "guardian": actor.person_id}


def speaker_for(actor: Actor, pupil: Pupil, at: dt.datetime) -> Speaker | None:
    """Return as whom the actor may answer for this pupil; None when not at all."""
    if actor.person_id is None:
        return None
    if pupil.person_id == actor.person_id:
        return Speaker.SELF if own_word_counts(pupil.person, at) else None
    is_guardian = Guardianship.objects.filter(Dated.at(actor.day), guardian=actor.person_id, pupil=pupil)
    return Speaker.GUARDIAN if is_guardian.exists() else None


def answer(*, actor: Actor, pupil: Pupil, text: ConsentText, granted: bool) -> Consent:
    """Store what a guardian, or a pupil who is old enough, says to a version; saying it again changes nothing."""
    at = clock.now()
    speaker = speaker_for(actor, pupil, at)
    if speaker is None:
        raise Forbidden(_("Only a guardian, or a pupil who is old enough, answers this."))
    guardian = actor.person_id if speaker == Speaker.GUARDIAN else None
    return _store(actor, pupil, text, speaker, guardian, granted, at, on_paper=False)


def record_paper(
    *, actor: Actor, pupil: Pupil, text: ConsentText, granted: bool, guardian: Person | None
) -> Consent:
    """Store what a guardian wrote on paper, as the class teacher or the school's office enters it."""
    at = clock.now()
    if not may_record(actor).filter(Dated.at(actor.day, "enrolments__"), enrolments__pupil=pupil).exists():
        raise Forbidden(_("Answers on paper are entered by the class teacher or the school's office."))
    if (
        guardian is not None
        and guardian.pk not in _guardians_of([pupil.person_id], actor.day)[pupil.person_id]
    ):
        raise Refused(_("This person is not a guardian of the pupil."))
    return _store(
        actor, pupil, text, Speaker.GUARDIAN, guardian.pk if guardian else None, granted, at, on_paper=True
    )


def _store(
    actor: Actor,
    pupil: Pupil,
    text: ConsentText,
    speaker: Speaker,
    guardian_id: int | None,
    word: bool,
    at: dt.datetime,
    *,
    on_paper: bool,
) -> Consent:
    in_force = text_in_force(text.use, at)
    if in_force is None or in_force.pk != text.pk:
        raise Refused(_("A newer version of this text has been published; please read and answer that one."))
    with transaction.atomic():
        before = standings([pupil.person_id], text.use, at)[pupil.person_id]
        same = {"text": text, "person": pupil.person, "guardian_id": guardian_id, "speaker": speaker}
        newest = Consent.objects.filter(**same).order_by("said", "id").last()
        if newest is not None and newest.granted == word:
            return newest
        row = Consent.objects.create(
            **same, granted=word, said=at, on_paper=on_paper, recorded_by_id=actor.account_id
        )
        said = {"use": text.use, "version": text.version, "granted": word, "on_paper": on_paper}
        audit.record(actor, "consent.said", row, said)
        if before == Standing.GRANTED and not word:
            for function in withdrawing():
                function(text.use, pupil.person_id)
    return row


# Who has answered, for the class teacher, the school and the district.


def may_record(actor: Actor) -> "QuerySet[SchoolClass]":
    """Return the classes whose answers on paper the actor enters."""
    own = Q(pk__in=[g.class_id for g in actor.grants if g.role == Role.CLASS_TEACHER and g.class_id])
    kept = School.objects.filter(policy.roster_schools(actor))
    if not policy.keeps_roster_everywhere(actor):
        own |= Q(school__in=kept.values("pk"))
    return SchoolClass.objects.filter(own)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many families granted, refused, or have not answered."""

    granted: int = 0
    refused: int = 0
    open: int = 0

    @property
    def asked(self) -> int:
        """All families asked."""
        return self.granted + self.refused + self.open


def tally(found: Iterable[Standing]) -> Tally:
    """Count where families stand."""
    every = list(found)
    return Tally(*(every.count(where) for where in (Standing.GRANTED, Standing.REFUSED, Standing.OPEN)))


def tallies_by_class(actor: Actor, school: School, use: str, at: dt.datetime) -> dict[SchoolClass, Tally]:
    """Return the counts of each class of a school that the actor may open."""
    classes = SchoolClass.objects.visible_to(actor).filter(school=school)
    return _tallies(Q(school_class__in=classes.values("pk")), "school_class", classes, use, at)


def tallies_by_school(actor: Actor, use: str, at: dt.datetime) -> dict[School, Tally]:
    """Return the counts of each school that the actor may open."""
    schools = School.objects.of_district().visible_to(actor).order_by("code")
    return _tallies(Q(school__in=schools.values("pk")), "school", schools, use, at)


def _tallies(where: Q, place: str, places: "QuerySet[Any]", use: str, at: dt.datetime) -> dict[Any, Tally]:
    day = at.astimezone(SHANGHAI).date()
    rows = Enrolment.objects.filter(where, Dated.at(day), pupil__person__identity__isnull=False)
    members: dict[int, list[int]] = defaultdict(list)
    for key, person in rows.values_list(place, "pupil__person"):
        members[key].append(person)
    text = text_in_force(use, at)
    said = set(Consent.objects.filter(text=text).values_list("person", flat=True)) if text else set()
    answered = [person for people in members.values() for person in people if person in said]
    # Families that have said nothing need no look at anybody's birthday.
    found = standings(answered, use, at)
    return {
        row: tally(found.get(person, Standing.OPEN) for person in members[row.pk])
        for row in places
        if row.pk in members
    }
