"""Erasing a person: the name and every number go for good, the facts stay under a random key that leads to nobody.

What the law says to keep postpones it; nothing here overrides that. Every erasure is written into a ledger that a
restored backup replays.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import connection, models, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.counting import count_together
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import Account
from xuequ.core.registry import Ground, OnErasure, PersonalData, RuleStart, erasing, personal_data
from xuequ.core.registry import rules as declared_rules
from xuequ.district import holdings, mentions, policy, rules
from xuequ.district.actors import Actor
from xuequ.district.changes import Change
from xuequ.district.consent import Erasure, ErasureGround
from xuequ.district.holdings import entries, model_of, rows_of
from xuequ.district.models import Dated, RoleAssignment
from xuequ.district.people import Identity, Person
from xuequ.district.presence import Presence, presence

CLOSED = "erased-"
"""How the login name of an erased person's account begins."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A class of data that the law says to keep for now; ``until`` is None while the person is still here."""

    entry: PersonalData
    rule: rules.InForce
    until: dt.date | None

    @property
    def reason(self) -> str:
        """Why it is kept, in words."""
        said = {"what": self.entry.what, "basis": self.entry.basis, "time": self.rule.words}
        if self.until is None:
            return (
                _("%(what)s: kept for %(basis)s while the person is at a school here and for %(time)s after.")
                % said
            )
        said["until"] = date_format(self.until, "Y-m-d")
        return _("%(what)s: kept for %(basis)s until %(until)s (%(time)s after leaving).") % said


@dataclass(frozen=True, slots=True)
class Step:
    """What an erasure does with one class of data."""

    entry: PersonalData
    rows: int

    @property
    def effect(self) -> OnErasure:
        """Whether the rows go, are emptied, or stay."""
        return self.entry.on_erasure


@dataclass(frozen=True, slots=True)
class ErasurePlan:
    """What would happen, shown before anybody confirms."""

    person: Person
    holds: tuple[Hold, ...]
    steps: tuple[Step, ...]
    unclear: int  # texts with a name that several persons bear
    erased: bool

    @property
    def postponed_until(self) -> dt.date | None:
        """The day from which nothing holds it any more, when that is known."""
        days = [hold.until for hold in self.holds]
        return max((day for day in days if day is not None), default=None) if None not in days else None


def plan(person: Person, day: dt.date) -> ErasurePlan:
    """Return what erasing the person on ``day`` would do, and what stands in the way."""
    counted = holdings.counts(person)
    unclear = _unclear(mentions.words_of(person))
    return ErasurePlan(
        person,
        tuple(holds(person, day)),
        tuple(Step(entry, counted[entry.slug]) for entry in entries() if entry.slug in counted),
        unclear,
        not Identity.objects.filter(person=person).exists(),
    )


def _unclear(words: mentions.Words) -> int:
    """Count the rows of free text with a name that several bear; one question says which texts to read at all."""
    if not words.shared:
        return 0
    texts = {entry.slug: entry for entry in entries() if entry.free_text}
    rows = {slug: model_of(entry)._default_manager.all() for slug, entry in texts.items()}
    name = mentions.Words(words.name, ())
    worth = count_together({s: mentions.mentioning(rows[s], e.free_text, name) for s, e in texts.items()})
    return sum(
        mentions.unclear_mentions(rows[slug], entry.free_text, words)
        for slug, entry in texts.items()
        if worth[slug]
    )


def holds(person: Person, day: dt.date) -> Iterable[Hold]:
    """Yield what the law says to keep of the person on ``day``: an erasure would take it too early."""
    here: Presence | None = None
    for entry in personal_data():
        if not _may_hold(entry) or not rows_of(entry, person).exists():
            continue
        here = here or presence(person, day)
        rule = rules.in_force(entry.rule, day)
        until = rules.later(here.left, rule.value, rule.rule.unit) if here.left is not None else None
        if here.here or (until is not None and until > day):
            yield Hold(entry, rule, None if here.here else until)


def _may_hold(entry: PersonalData) -> bool:
    if entry.ground == Ground.CONSENT or entry.on_erasure == OnErasure.KEEP or not entry.rule:
        return False
    return bool(entry.person) and declared_rules()[entry.rule].start == RuleStart.LEFT


def erase(*, actor: Actor, person: Person, ground: ErasureGround, at: dt.datetime | None = None) -> Erasure:
    """Erase a person for good; raises Refused, with reason and date, while the law says to keep the data.

    A person entered by mistake and never enrolled or employed is held by nothing.
    """
    if not (policy.handles_rights(actor) or actor.is_system):
        raise Forbidden(_("Only the district's data office erases a person."))
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=person.pk)
        if actor.person_id == person.pk:
            raise Refused(_("Nobody erases themselves; ask a colleague of the data office."))
        if not Identity.objects.filter(person=person).exists():
            raise Refused(_("This person has been erased already."))
        if reasons := [hold.reason for hold in holds(person, actor.day)]:
            raise Refused(" ".join([_("This cannot be erased yet."), *reasons]))
        counts = forget(person, actor.day)
        row = Erasure.objects.create(
            person_key=person.key,
            at=at or clock.now(),
            account_id=actor.account_id,
            ground=ground,
            counts=counts,
        )
        audit.record(
            actor, "person.erased", row, {"person": str(person.key), "ground": str(ground), **counts}
        )
    return row


def forget(person: Person, day: dt.date) -> dict[str, int]:
    """Take everything that calls the person by name out of the instance, in the caller's transaction.

    Returns what was done, by class of data. Asks nobody: ``erase`` has checked permission and times of keeping, and
    ``replay`` repeats what was decided before. A second call finds nothing to do.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")  # else the sealed name stays in the file's free pages
    words = mentions.words_of(person)
    counts: dict[str, int] = {}
    for entry in entries():
        done = _forget_in(entry, person, words)
        if done:
            counts[entry.slug] = done
    Change.objects.filter(table=Identity._meta.label_lower, keys=[person.pk]).delete()
    if person.account_id is not None:
        close_account(Account.objects.get(pk=person.account_id), day)
    Identity.objects.filter(person=person).delete()
    # Last, so that nothing saved above brings the person back into an index.
    for function in erasing():
        function(person.pk)
    return counts


def _forget_in(entry: PersonalData, person: Person, words: mentions.Words) -> int:
    table = model_of(entry)._default_manager
    done = _forget_files(entry, words) if entry.file else 0
    if entry.person or entry.uid or entry.login:
        own = rows_of(entry, person)
        done += _forget_own(entry, own, words)
    if entry.free_text:
        done += mentions.take_out(table.all(), entry.free_text, words, certain=False)
    return done


def _forget_own(entry: PersonalData, own: "models.QuerySet[Any]", words: mentions.Words) -> int:
    if entry.on_erasure == OnErasure.DELETE:
        return own.delete()[0]
    done = 0
    if entry.free_text and words.shared:
        # In others' rows a name that several bear is left alone; in their own it is theirs.
        done = mentions.take_out(own, entry.free_text, words, certain=True)
    if entry.on_erasure == OnErasure.CLEAR:
        done += _clear(entry, own)
    return done


def _clear(entry: PersonalData, rows: "models.QuerySet[Any]") -> int:
    emptied = {name: empty_value(entry, name) for name in entry.clear}
    return rows.exclude(**emptied).update(**emptied) if emptied else 0


def empty_value(entry: PersonalData, name: str) -> Any:
    """Return what an emptied field of the entry holds."""
    column = model_of(entry)._meta.get_field(name)
    assert isinstance(column, models.Field)
    if column.null:
        return None
    if isinstance(column, models.JSONField):
        return column.get_default()
    return column.get_default() if column.has_default() else ""


def _forget_files(entry: PersonalData, words: mentions.Words) -> int:
    """Delete the rows whose file names the person, with the file."""
    rows = model_of(entry)._default_manager.exclude(**{entry.file: ""}).exclude(**{entry.file: None})
    found = [(row.pk, str(getattr(row, entry.file))) for row in rows.only("pk", entry.file)]
    named = [(pk, name) for pk, name in found if _names(name, words)]
    model_of(entry)._default_manager.filter(pk__in=[pk for pk, _name in named]).delete()
    for _pk, name in named:
        transaction.on_commit(partial(default_storage.delete, name))
    return len(named)


def _names(file: str, words: mentions.Words) -> bool:
    if not default_storage.exists(file):
        return False
    with default_storage.open(file) as stream:
        content: bytes = stream.read()
    return mentions.named_in_file(content, words)


def close_account(account: Account, day: dt.date) -> None:
    """Close an account for good, in the caller's transaction: renamed, without password, roles and sessions ended."""
    if account.username.startswith(CLOSED):
        return
    account.username = CLOSED + uuid.uuid4().hex[:12]
    account.is_active = account.is_staff = account.is_superuser = False
    account.last_login = account.password_changed = None
    account.set_unusable_password()
    account.save()
    open_roles = RoleAssignment.objects.filter(Dated.at(day), account=account)
    open_roles.filter(start__lt=day).update(end=day)
    open_roles.filter(start__gte=day).delete()
    RoleAssignment.objects.filter(account=account, start__gt=day).delete()
    end_sessions(account)


def end_sessions(account: Account) -> int:
    """End every session in which the account is signed in."""
    own = [
        row.pk
        for row in Session.objects.filter(expire_date__gte=clock.now()).iterator()
        if row.get_decoded().get("_auth_user_id") == str(account.pk)
    ]
    return Session.objects.filter(pk__in=own).delete()[0]


def ledger() -> list[dict[str, Any]]:
    """Return the ledger of erasures as JSON rows: kept apart from the backups, for a restore to replay."""
    return [
        {
            "uid": str(row.uid),
            "person_key": str(row.person_key),
            "at": row.at.isoformat(),
            "ground": row.ground,
            "counts": row.counts,
        }
        for row in Erasure.objects.order_by("id")
    ]


def replay(rows: Iterable[Mapping[str, Any]], day: dt.date) -> int:
    """Erase again in a restored database whom the ledger names, and write the ledger's rows; return how many persons
    were found with a name. Doing it twice changes nothing.
    """
    again = 0
    for row in rows:
        with transaction.atomic():
            person = Person.objects.filter(key=UUID(row["person_key"])).select_related("account").first()
            if person is not None and Identity.objects.filter(person=person).exists():
                forget(person, day)
                again += 1
            Erasure.objects.get_or_create(
                uid=UUID(row["uid"]),
                defaults={
                    "person_key": UUID(row["person_key"]),
                    "at": dt.datetime.fromisoformat(row["at"]),
                    "ground": row["ground"],
                    "counts": dict(row["counts"]),
                },
            )
    return again


def empty_rows(entry: PersonalData, rows: "models.QuerySet[Any]") -> int:
    """Delete rows of a class of data, or empty their fields, as the register says; in the caller's transaction."""
    if entry.on_erasure == OnErasure.DELETE:
        count = rows.count()
        rows.delete()
        return count
    return _clear(entry, rows)
