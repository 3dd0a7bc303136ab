"""What can be found: projects by title and number, rooms and entries of the ledger by name and number."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.search.sources import Entry, Hit, SearchSource
from xuequ.district.actors import Actor
from xuequ.systems.programmes.models import Device, Project


def _project_texts(row: Project) -> tuple[str, ...]:
    return (row.title, row.number)


def _projects(keys: Collection[int] | None) -> Iterator[Entry]:
    rows = Project.objects.order_by("pk")
    for row in rows if keys is None else rows.filter(pk__in=list(keys)):
        yield Entry(row.pk, _project_texts(row))


def _shown_projects(actor: Actor, keys: Sequence[int]) -> Mapping[int, Hit]:
    rows = Project.objects.filter(pk__in=keys)
    return {
        row.pk: Hit(
            row.title,
            f"{row.number} · {row.get_stage_display()}",
            reverse("programmes:project", args=[row.uid]),
            _project_texts(row),
        )
        for row in rows
    }


def _readable_projects(actor: Actor) -> "QuerySet[Project]":
    from xuequ.systems.programmes.projects import queries

    return queries.projects(actor)


def _device_texts(row: Device) -> tuple[str, ...]:
    return tuple(text for text in (row.name, row.model, row.number) if text)


def _devices(keys: Collection[int] | None) -> Iterator[Entry]:
    rows = Device.objects.order_by("pk")
    for row in rows if keys is None else rows.filter(pk__in=list(keys)):
        yield Entry(row.pk, _device_texts(row))


def _shown_devices(actor: Actor, keys: Sequence[int]) -> Mapping[int, Hit]:
    rows = Device.objects.filter(pk__in=keys).select_related("school", "room")
    return {
        row.pk: Hit(
            str(row),
            " · ".join(str(part) for part in (row.school, row.room, row.number) if part),
            reverse("programmes:device", args=[row.uid]),
            _device_texts(row),
        )
        for row in rows
    }


def _readable_devices(actor: Actor) -> "QuerySet[Device]":
    from xuequ.systems.programmes import access
    from xuequ.systems.programmes.ledger import queries

    return queries.devices(actor) if access.sees_ledger(actor) else Device.objects.none()


def _own(row: Project | Device) -> Iterable[int]:
    return (row.pk,)


SOURCES = (
    SearchSource(
        "project", _("Projects"), "timeline", _projects, _readable_projects, _shown_projects, watches={Project: _own}
    ),
    SearchSource(
        "equipment", _("Equipment"), "package", _devices, _readable_devices, _shown_devices, watches={Device: _own}
    ),
)  # fmt: skip
