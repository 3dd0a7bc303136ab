"""Querysets that know who may see their rows."""

from typing import TYPE_CHECKING, Self

from django.db import models

from xuequ.district import policy

if TYPE_CHECKING:
    from xuequ.district.actors import Actor


class SchoolQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Schools."""

    def of_district(self) -> Self:
        """The district's own schools, without those of external studies."""
        return self.filter(study=None)

    def visible_to(self, actor: "Actor") -> Self:
        """Schools whose own page and figures the actor may open."""
        return self.filter(policy.schools(actor)).distinct()


class SchoolClassQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Classes."""

    def visible_to(self, actor: "Actor") -> Self:
        """Classes whose figures the actor may open."""
        return self.filter(policy.classes(actor)).distinct()


class PupilQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Pupils."""

    def visible_to(self, actor: "Actor") -> Self:
        """Pupils whose own results the actor may see (staff with a task, the pupil, the guardians)."""
        return self.filter(policy.pupils(actor)).distinct()
