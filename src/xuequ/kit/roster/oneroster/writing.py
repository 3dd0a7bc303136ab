"""The roster of one day as a OneRoster archive: bulk, without history, without accounts and passwords."""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from xuequ.core import audit
from xuequ.core.errors import Forbidden, Refused
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Relation
from xuequ.district.models import (
    ClassTeaching,
    Dated,
    Employment,
    Enrolment,
    Guardianship,
    Identity,
    School,
    SchoolClass,
    Subject,
    Teacher,
    TeachingAssignment,
)
from xuequ.district.names import family_and_given
from xuequ.district.queries import district, year_on
from xuequ.kit.roster.oneroster.files import Row, archive

SPACE = uuid.UUID("6f1d6f0a-6d5e-5b1c-9a55-0d5d3c1e9d10")
DISTRICT, HOMEROOM = "district", "homeroom"
SEXES = {"male": "male", "female": "female"}
ROLE_OF = {Relation.MOTHER: "parent", Relation.FATHER: "parent", Relation.OTHER: "guardian"}
ORDER = {str(relation): place for place, relation in enumerate(Relation)}


def derived(*parts: str) -> str:
    """Return an id that follows from others, so that no table need keep it."""
    return str(uuid.uuid5(SPACE, "|".join(parts)))


def export(actor: Actor) -> bytes:
    """Return the archive of the roster on the actor's day; only those who keep the whole roster may take it out."""
    if not (actor.is_system or policy.keeps_roster_everywhere(actor)):
        raise Forbidden(_("Only the district's data office takes the whole roster out."))
    found = _Writer(actor)
    found.write()
    audit.record(actor, "roster.exported", None, {"users": len(found.tables["users"])})
    source = district()
    return archive(found.tables, source.name if source is not None else "")


@dataclass(slots=True)
class _Stay:
    """A pupil's place today."""

    user: str
    school: str
    school_class: str
    since: str


@dataclass
class _Writer:
    """The tables while they fill; ids by primary key."""

    actor: Actor
    tables: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    schools: dict[int, str] = field(default_factory=dict)
    classes: dict[int, str] = field(default_factory=dict)
    grades: dict[int, str] = field(default_factory=dict)
    terms: str = ""
    year: str = ""
    first_year: int = 0

    def write(self) -> None:
        for name in (
            "demographics",
            "users",
            "roles",
            "enrollments",
            "classes",
            "courses",
            "academicSessions",
        ):
            self.tables[name] = []
        self._sessions()
        self._orgs()
        self._courses()
        self._classes()
        self._teachers()
        self._pupils()

    def _sessions(self) -> None:
        year = year_on(self.actor.day)
        if year is None:
            raise Refused(_("There is no school year on %(day)s; add it first.") % {"day": self.actor.day})
        self.year, self.first_year = year.code, year.first_year
        terms = list(year.terms.order_by("code"))
        self.terms = ",".join(term.code for term in terms)
        ends = str(year.first_year + 1)
        self._add(
            "academicSessions", year.code, title=str(year), type="schoolYear",
            startDate=year.start.isoformat(), endDate=year.end.isoformat(), schoolYear=ends,
        )  # fmt: skip
        for term in terms:
            self._add(
                "academicSessions", term.code, title=term.code, type="semester", parentSourcedId=year.code,
                startDate=term.start.isoformat(), endDate=term.end.isoformat(), schoolYear=ends,
            )  # fmt: skip

    def _add(self, table: str, sourced_id: str, **values: str) -> None:
        self.tables[table].append({"sourcedId": sourced_id, **values})

    def _orgs(self) -> None:
        own = district()
        self._add(
            "orgs",
            DISTRICT,
            name=own.name if own else "",
            type="district",
            identifier=own.code if own else "",
        )
        rows = School.objects.of_district().filter(closed_on=None).select_related("area").order_by("code")
        areas: set[str] = set()
        for row in rows:
            self.schools[row.pk] = row.sourced_id or str(row.uid)
            parent = derived("area", row.area.name) if row.area else DISTRICT
            if row.area and row.area.name not in areas:
                areas.add(row.area.name)
                self._add("orgs", parent, name=row.area.name, type="local", parentSourcedId=DISTRICT)
            self.tables["orgs"].append(
                {
                    "sourcedId": self.schools[row.pk], "name": row.name, "type": "school", "identifier": row.code,
                    "parentSourcedId": parent, "metadata.xuequ.shortName": row.short_name,
                    "metadata.xuequ.stage": row.stage, "metadata.xuequ.sector": row.sector,
                    "metadata.xuequ.yearSystem": row.year_system,
                }
            )  # fmt: skip

    def _courses(self) -> None:
        self._add(
            "courses",
            HOMEROOM,
            title="行政班",
            courseCode=HOMEROOM,
            orgSourcedId=DISTRICT,
            schoolYearSourcedId=self.year,
        )
        for subject in Subject.objects.exclude(code="total"):
            self._add(
                "courses", f"subject-{subject.code}", title=subject.name, courseCode=subject.code,
                orgSourcedId=DISTRICT, subjects=subject.name, subjectCodes=subject.code, schoolYearSourcedId=self.year,
            )  # fmt: skip

    def _classes(self) -> None:
        """Write the classes that have pupils or teachers today."""
        alive = set(_enrolled(self.actor).values_list("school_class_id", flat=True).distinct())
        alive |= set(_lessons(self.actor).values_list("school_class_id", flat=True).distinct())
        rows = SchoolClass.objects.filter(school__in=self.schools, pk__in=alive).select_related("school")
        for row in rows:
            self.classes[row.pk] = row.sourced_id or str(row.uid)
            self.grades[row.pk] = f"{row.grade_in(self.first_year):02d}"
            self.tables["classes"].append(
                {
                    **self._class(row, HOMEROOM), "sourcedId": self.classes[row.pk], "title": _title(row),
                    "courseSourcedId": HOMEROOM, "metadata.xuequ.entryYear": str(row.entry_year),
                    "metadata.xuequ.number": str(row.number),
                }
            )  # fmt: skip

    def _class(self, row: SchoolClass, kind: str) -> dict[str, str]:
        return {
            "grades": self.grades[row.pk], "classType": kind, "schoolSourcedId": self.schools[row.school_id],
            "termSourcedIds": self.terms, "classCode": f"{row.entry_year}-{row.entry_grade}-{row.number}",
        }  # fmt: skip

    def _enrol(self, group: str, school: str, user: str, role: str, since: str, primary: str = "") -> None:
        self._add(
            "enrollments", derived("enrolment", group, user, role), classSourcedId=group, schoolSourcedId=school,
            userSourcedId=user, role=role, primary=primary, beginDate=since,
        )  # fmt: skip

    def _user(self, sourced_id: str, fields: dict[str, str], school: str, role: str, **values: str) -> None:
        family, given = family_and_given(fields["name"])
        number = fields.get("number", "")
        row = {
            "sourcedId": sourced_id, "enabledUser": "true", "username": sourced_id, "givenName": given,
            "familyName": family, "identifier": number, "phone": fields.get("phone", ""),
            "userIds": f"{{number:{number}}}" if number else "", "primaryOrgSourcedId": school,
            "metadata.xuequ.name": fields["name"],
        }  # fmt: skip
        self.tables["users"].append(row | {key.replace("__", "."): value for key, value in values.items()})
        if fields.get("born") or fields.get("sex"):
            sex = SEXES.get(fields.get("sex", ""), "")
            self._add("demographics", sourced_id, birthDate=fields.get("born", ""), sex=sex)

    def _role(self, user: str, role: str, org: str, since: str = "", kind: str = "primary") -> None:
        self._add(
            "roles", derived("role", user, role, org), userSourcedId=user, roleType=kind, role=role, orgSourcedId=org,
            beginDate=since,
        )  # fmt: skip

    def _teachers(self) -> None:
        ids: dict[int, str] = {}
        rows = Teacher.objects.filter(school__in=self.schools, person__identity__isnull=False)
        since = dict(Employment.objects.filter(Dated.at(self.actor.day)).values_list("teacher_id", "start"))
        for row in rows.select_related("person__identity").order_by("pk"):
            ids[row.pk] = row.sourced_id or str(row.uid)
            school = self.schools[row.school_id]
            self._user(ids[row.pk], row.person.identity.fields, school, "teacher")
            begun = since.get(row.pk)
            self._role(ids[row.pk], "teacher", school, begun.isoformat() if begun else "")
        self._charges(ids)
        self._subject_classes(ids)

    def _charges(self, teachers: dict[int, str]) -> None:
        rows = ClassTeaching.objects.filter(Dated.at(self.actor.day), school_class__in=self.classes)
        for row in rows.select_related("school_class"):
            if row.teacher_id in teachers:
                group, school = self.classes[row.school_class_id], self.schools[row.school_class.school_id]
                self._enrol(group, school, teachers[row.teacher_id], "teacher", row.start.isoformat(), "true")

    def _subject_classes(self, teachers: dict[int, str]) -> None:
        """A lesson is a scheduled class of its own, bound to the homeroom whose pupils it teaches."""
        made: set[str] = set()
        for row in _lessons(self.actor).filter(school_class__in=self.classes):
            if row.teacher_id not in teachers:
                continue
            homeroom, subject = self.classes[row.school_class_id], row.subject
            group = derived("lesson", homeroom, subject.code)
            if group not in made:
                made.add(group)
                self.tables["classes"].append(
                    {
                        **self._class(row.school_class, "scheduled"), "sourcedId": group,
                        "title": f"{_title(row.school_class)} {subject.name}",
                        "courseSourcedId": f"subject-{subject.code}", "subjects": subject.name,
                        "subjectCodes": subject.code, "metadata.xuequ.homeroom": homeroom,
                    }
                )  # fmt: skip
            school = self.schools[row.school_class.school_id]
            self._enrol(group, school, teachers[row.teacher_id], "teacher", row.start.isoformat(), "true")

    def _pupils(self) -> None:
        stays = self._stays()
        guardians = _Guardians(self, {pk: stay for pk, (stay, _identity) in stays.items()})
        guardians.collect()
        for pk, (stay, identity) in stays.items():
            agents, relations = guardians.of(pk)
            self._user(
                stay.user, identity.fields, stay.school, "student", agentSourcedIds=agents,
                metadata__xuequ__relations=relations,
            )  # fmt: skip
            self._role(stay.user, "student", stay.school, stay.since)
            if stay.school_class:
                self._enrol(stay.school_class, stay.school, stay.user, "student", stay.since)
        guardians.write()

    def _stays(self) -> dict[int, tuple[_Stay, Identity]]:
        rows = _enrolled(self.actor).filter(school__in=self.schools, pupil__person__identity__isnull=False)
        rows = rows.select_related("pupil__person__identity").order_by("start", "pk")
        found: dict[int, tuple[_Stay, Identity]] = {}
        for row in rows.iterator(chunk_size=5000):
            user = row.pupil.sourced_id or str(row.pupil.uid)
            group = self.classes.get(row.school_class_id or 0, "")
            stay = _Stay(user, self.schools[row.school_id], group, row.start.isoformat())
            found[row.pupil_id] = (stay, row.pupil.person.identity)
        return found


@dataclass
class _Guardian:
    """A guardian with the wards: those of one name and telephone number are one, as the import takes them."""

    fields: dict[str, str]
    wards: list[tuple[str, str, str]] = field(default_factory=list)  # pupil's id, relation, school
    sourced_id: str = ""


@dataclass
class _Guardians:
    writer: _Writer
    stays: dict[int, _Stay]
    people: dict[tuple[str, str], _Guardian] = field(default_factory=dict)
    by_pupil: dict[int, list[tuple[str, str, _Guardian]]] = field(default_factory=lambda: defaultdict(list))

    def collect(self) -> None:
        """Gather the guardians of the pupils and give them ids that follow from their wards'."""
        rows = Guardianship.objects.filter(Dated.at(self.writer.actor.day), guardian__identity__isnull=False)
        for row in rows.select_related("guardian__identity").order_by("pk").iterator(chunk_size=5000):
            if row.pupil_id in self.stays:
                self._note(row)
        for items in self.by_pupil.values():
            items.sort(key=lambda item: item[:2])
        for pk in sorted(self.stays, key=lambda pk: self.stays[pk].user):
            for place, (_order, _name, guardian) in enumerate(self.by_pupil.get(pk, ())):
                guardian.sourced_id = guardian.sourced_id or derived(
                    "guardian", self.stays[pk].user, str(place)
                )

    def _note(self, row: Guardianship) -> None:
        stay, fields = self.stays[row.pupil_id], row.guardian.identity.fields
        phone = fields.get("phone", "")
        key = (fields["name"], phone or stay.user)
        kept = {"name": fields["name"], "phone": phone}
        guardian = self.people.setdefault(key, _Guardian(kept))
        if any(ward == stay.user for ward, _relation, _school in guardian.wards):
            return
        guardian.wards.append((stay.user, row.relation, stay.school))
        self.by_pupil[row.pupil_id].append((f"{ORDER[row.relation]}", fields["name"], guardian))

    def of(self, pupil: int) -> tuple[str, str]:
        """Return the ids of a pupil's guardians, and what each is to the child."""
        user, items = self.stays[pupil].user, self.by_pupil.get(pupil, [])
        relation = {g.sourced_id: r for _o, _n, g in items for ward, r, _s in g.wards if ward == user}
        return ",".join(relation), ",".join(f"{key}:{value}" for key, value in relation.items())

    def write(self) -> None:
        """Write the guardians themselves."""
        for guardian in self.people.values():
            guardian.wards.sort()
            school = guardian.wards[0][2]
            wards = ",".join(ward for ward, _relation, _school in guardian.wards)
            self.writer._user(guardian.sourced_id, guardian.fields, school, "guardian", agentSourcedIds=wards)
            roles = {(ROLE_OF[Relation(relation)], org) for _ward, relation, org in guardian.wards}
            for place, (role, org) in enumerate(sorted(roles)):
                self.writer._role(guardian.sourced_id, role, org, kind="secondary" if place else "primary")


def _title(row: SchoolClass) -> str:
    return row.label or f"{row.entry_year}级{row.number}班"


def _enrolled(actor: Actor) -> "QuerySet[Enrolment]":
    return Enrolment.objects.filter(Dated.at(actor.day), school__study=None)


def _lessons(actor: Actor) -> "QuerySet[TeachingAssignment]":
    rows = TeachingAssignment.objects.filter(Dated.at(actor.day), school_class__school__study=None)
    return rows.select_related("school_class", "subject").order_by("pk")
