"""Querysets that know who may see their rows."""

from typing import TYPE_CHECKING, Self

from django.db import models

from xuequ.district import policy

if TYPE_CHECKING:
    from xuequ.district.actors import Actor


class SchoolQuerySet(models.QuerySet):
    """Schools."""

    def of_district(self) -> Self:
        """The district's own schools, without those of external studies."""
        return self.filter(study=None)

    def visible_to(self, actor: "Actor") -> Self:
        """Schools whose own page and figures the actor may open."""
        return self.filter(policy.schools(actor))


class SchoolClassQuerySet(models.QuerySet):
    """Classes."""

    def visible_to(self, actor: "Actor") -> Self:
        """Classes whose figures the actor may open."""
        return self.filter(policy.classes(actor))


class PupilQuerySet(models.QuerySet):
    """Pupils."""

    def visible_to(self, actor: "Actor") -> Self:
        """Pupils whose own results the actor may see (staff with a task, the pupil, the guardians)."""
        return self.filter(policy.pupils(actor))
