"""What the data office lets people find: schools, people, assessments, external studies, replies, numbers."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.search.sources import Entry, Hit, SearchPages, SearchSource
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.models import School, Study
from xuequ.kit.documents import queries as documents
from xuequ.kit.documents.models import Document, DocumentVersion
from xuequ.record.models import Assessment
from xuequ.systems.office.numbers.queries import catalogue_hits
from xuequ.systems.office.search.people import PEOPLE

Keys = Collection[int] | None


def _narrowed(rows: "QuerySet", keys: Keys) -> "QuerySet":
    return rows.order_by("pk") if keys is None else rows.filter(pk__in=list(keys)).order_by("pk")


def _school_texts(school: School) -> tuple[str, ...]:
    return (school.name, school.short_name, school.code)


def _schools(keys: Keys) -> Iterator[Entry]:
    for school in _narrowed(School.objects.of_district(), keys):
        yield Entry(school.pk, _school_texts(school))


def _shown_schools(actor: Actor, keys: Sequence[int]) -> Mapping[int, Hit]:
    rows = School.objects.filter(pk__in=keys).select_related("area")
    return {
        school.pk: Hit(
            school.name,
            " · ".join(str(part) for part in (school.get_stage_display(), school.area) if part),
            reverse("office:numbers") + f"?school={school.uid}",
            _school_texts(school),
        )
        for school in rows
    }


def _seen_schools(actor: Actor) -> "QuerySet[School]":
    return School.objects.of_district().visible_to(actor)


def _assessment_texts(row: Assessment) -> tuple[str, ...]:
    subject = (row.subject.name, row.subject.name_en) if row.subject else ()
    return (row.name, *subject, *((row.study.name,) if row.study else ()))


def _assessments(keys: Keys) -> Iterator[Entry]:
    rows = Assessment.objects.select_related("subject", "study")
    for row in _narrowed(rows, keys).iterator(chunk_size=2000):
        yield Entry(row.pk, _assessment_texts(row))


def _shown_assessments(actor: Actor, keys: Sequence[int]) -> Mapping[int, Hit]:
    rows = Assessment.objects.filter(pk__in=keys).select_related("subject", "study", "term")
    return {
        row.pk: Hit(
            row.name,
            " · ".join(str(part) for part in (row.get_basis_display(), row.subject, row.term) if part),
            reverse("office:assessment", args=[row.uid]),
            _assessment_texts(row),
        )
        for row in rows
    }


def _seen_assessments(actor: Actor) -> "QuerySet[Assessment]":
    return Assessment.objects.filter(policy.assessments(actor))


def _studies(keys: Keys) -> Iterator[Entry]:
    for study in _narrowed(Study.objects.all(), keys):
        yield Entry(study.pk, (study.name, study.source))


def _shown_studies(actor: Actor, keys: Sequence[int]) -> Mapping[int, Hit]:
    return {
        study.pk: Hit(study.name, study.source, _study_url(study), (study.name, study.source))
        for study in Study.objects.filter(pk__in=keys)
    }


def _study_url(study: Study) -> str:
    newest = study.assessments.order_by("-pk").first()
    return reverse("office:assessment", args=[newest.uid]) if newest else reverse("office:home")


def _seen_studies(actor: Actor) -> "QuerySet[Study]":
    return Study.objects.all() if actor.has_everywhere(*policy.STUDY_ROLES) else Study.objects.none()


def _replies(keys: Keys) -> Iterator[Entry]:
    rows = Document.objects.filter(versions__isnull=False).distinct()
    for document in _narrowed(rows, keys):
        yield Entry(document.pk, (document.title, document.addressee))


def _shown_replies(actor: Actor, keys: Sequence[int]) -> Mapping[int, Hit]:
    return {
        document.pk: Hit(
            document.title,
            document.addressee,
            reverse("office:numbers-reply", args=[document.uid]),
            (document.title, document.addressee),
        )
        for document in Document.objects.filter(pk__in=keys)
    }


def _own(row: "School | Assessment | Study") -> Iterable[int]:
    return (row.pk,)


def _of_version(row: DocumentVersion) -> Iterable[int]:
    return (row.document_id,)


SOURCES: tuple[SearchSource | SearchPages, ...] = (
    SearchSource(
        "school", _("Schools"), "school", _schools, _seen_schools, _shown_schools, watches={School: _own}
    ),
    *PEOPLE,
    SearchSource(
        "assessment", _("Assessments"), "clipboard-data", _assessments, _seen_assessments, _shown_assessments,
        watches={Assessment: _own},
    ),
    SearchSource(
        "study", _("External studies"), "flask", _studies, _seen_studies, _shown_studies, watches={Study: _own}
    ),
    SearchSource(
        "reply", _("Replies"), "file-description", _replies, documents.documents, _shown_replies,
        watches={DocumentVersion: _of_version},
    ),
    SearchPages("number", pgettext_lazy("catalogue", "Numbers"), "calculator", catalogue_hits),
)  # fmt: skip
