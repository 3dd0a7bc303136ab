"""What the pages about personal data show."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, QuerySet

from xuequ.core.registry import ConsentUse, PersonalData, consent_uses, personal_data
from xuequ.district import consents, holdings, policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.consent import Consent, ConsentText, Speaker
from xuequ.district.models import Dated, Enrolment, Guardianship, Person, SchoolClass
from xuequ.district.people import Identity, names_of, number_index
from xuequ.district.rules import InForce, all_in_force
from xuequ.systems.office.rights.wording import EFFECTS, GROUNDS, time_words

FAMILY = (Role.PUPIL, Role.GUARDIAN)
FIRST = {"district": 0, "record": 1}


def uses_pages(actor: Actor) -> bool:
    """Whether the pages about personal data stand in the actor's menu; asks the roles only."""
    roles = (*FAMILY, Role.CLASS_TEACHER, *policy.ROSTER_KEEPERS)
    return policy.handles_rights(actor) or actor.has(*roles)


def is_office(actor: Actor) -> bool:
    """Whether the actor's own start is the office's page and not the family's; asks the roles only."""
    return policy.handles_rights(actor) or actor.has(Role.CLASS_TEACHER, *policy.ROSTER_KEEPERS)


@dataclass(frozen=True, slots=True)
class Line:
    """A class of data as the register shows it, in words."""

    entry: PersonalData
    ground: str
    time: str
    effect: str
    rows: int = 0


def register(day: dt.date) -> list[Line]:
    """Return the whole register."""
    rules = all_in_force(day)
    return [_line(entry, rules) for entry in personal_data()]


def held(person: Person, day: dt.date) -> list[Line]:
    """Return the classes of data that hold something about the person."""
    rules, counted = all_in_force(day), holdings.counts(person)
    found = [entry for entry in personal_data() if entry.slug in counted]
    return [_line(entry, rules, counted[entry.slug]) for entry in sorted(found, key=_weight)]


def _weight(entry: PersonalData) -> int:
    """Order what a family reads: names and places first, results, then the traces of the machinery."""
    return FIRST.get(entry.model.split(".")[0], len(FIRST))


def _line(entry: PersonalData, rules: dict[str, InForce], rows: int = 0) -> Line:
    words = (str(GROUNDS[entry.ground]), time_words(entry, rules), str(EFFECTS[entry.on_erasure]))
    return Line(entry, *words, rows)


@dataclass(frozen=True, slots=True)
class Topic:
    """A use that rests on consent, with the text that is asked and its versions."""

    use: ConsentUse
    text: ConsentText | None
    versions: tuple[ConsentText, ...]

    @property
    def draft(self) -> ConsentText | None:
        """The next version as far as it is written."""
        return next((text for text in self.versions if text.published is None), None)


def topics(actor: Actor, at: dt.datetime) -> list[Topic]:
    """Return every use that rests on consent."""
    asked = consents.texts_in_force(at)
    every = list(consents.texts(actor).order_by("-version"))
    return [
        Topic(use, asked.get(code), tuple(text for text in every if text.use == code))
        for code, use in consent_uses().items()
    ]


def wards(actor: Actor) -> "QuerySet[Guardianship]":
    """Return the children for whom the actor speaks, erased ones left out."""
    rows = Guardianship.objects.filter(Dated.at(actor.day), pupil__person__identity__isnull=False)
    return rows.filter(guardian=actor.person_id) if actor.person_id is not None else rows.none()


def answers_of(actor: Actor, at: dt.datetime) -> int:
    """Count what the actor, as a guardian, has answered about the own children of what is asked now."""
    said = Consent.objects.filter(
        text__in=consents.asked_at(at).values("pk"),
        person__in=wards(actor).values("pupil__person"),
        guardian=actor.person_id,
        speaker=Speaker.GUARDIAN,
    )
    return said.order_by().values("text", "person").distinct().count()


def silent_in_class(actor: Actor, at: dt.datetime) -> "QuerySet[Enrolment]":
    """Return the pupils of the actor's class of whose families nothing is known on the texts that are asked now."""
    own = [grant.class_id for grant in actor.grants if grant.role == Role.CLASS_TEACHER and grant.class_id]
    asked = consents.asked_at(at)
    rows = Enrolment.objects.filter(Exists(asked), Dated.at(actor.day), school_class__in=own[:1])
    return rows.exclude(pupil__person__consents__text__in=asked.values("pk"))


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A pupil on the page on which a class's answers on paper are entered."""

    person_id: int
    name: str
    standing: consents.Standing
    guardians: tuple[tuple[int, str], ...]


def paper_lines(school_class: SchoolClass, use: str, at: dt.datetime, day: dt.date) -> list[PaperLine]:
    """Return the class's pupils with their guardians and where each family stands, by name."""
    rows = Enrolment.objects.filter(
        Dated.at(day), school_class=school_class, pupil__person__identity__isnull=False
    )
    children = dict(rows.values_list("pupil", "pupil__person"))
    wards = Guardianship.objects.filter(Dated.at(day), pupil__in=children).order_by("id")
    pairs = list(wards.values_list("pupil", "guardian"))
    names = names_of([*children.values(), *(guardian for _pupil, guardian in pairs)])
    found = consents.standings(list(children.values()), use, at)
    lines = [
        PaperLine(
            person,
            names[person],
            found[person],
            tuple(
                (guardian, names[guardian]) for own, guardian in pairs if own == pupil and guardian in names
            ),
        )
        for pupil, person in children.items()
    ]
    return sorted(lines, key=lambda line: line.name)


def person_by_number(actor: Actor, number: str) -> Person | None:
    """Return the pupil or teacher with this number whom the actor may find."""
    index = number_index(number)
    if not index:
        return None
    found = Identity.objects.filter(number_index=index).values("person")
    return Person.objects.filter(policy.people(actor), pk__in=found).select_related("identity").first()


def classes_to_record(actor: Actor) -> Iterable[SchoolClass]:
    """Return the classes of which the actor has charge: their answers on paper are entered by the class teacher."""
    own = [grant.class_id for grant in actor.grants if grant.role == Role.CLASS_TEACHER and grant.class_id]
    rows = SchoolClass.objects.filter(pk__in=own).filter(Dated.at(actor.day, "enrolments__")).distinct()
    return rows.select_related("school").order_by("school", "-entry_year", "number")
