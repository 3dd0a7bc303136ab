"""Applications that two people change at once: nobody's words are overwritten unseen."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.core.money import grouped
from xuequ.district.models import School
from xuequ.systems.programmes.choices import Source
from xuequ.systems.programmes.models import Project


class Conflict(Refused):
    """Somebody else has changed the application meanwhile.

    ``version``: the one that is stored now. ``stored``: by the name of the form's field, what stands there now, of
    those fields only where something else was typed.
    """

    def __init__(self, version: str, stored: Mapping[str, str]) -> None:
        super().__init__(
            _(
                "Somebody else has changed this application meanwhile. What you typed still stands here, and"
                " beside it what is stored now. Keep once more what is to hold."
            )
        )
        self.version, self.stored = version, stored


def contents(
    project: Project, budgets: Mapping[str, Decimal | None], schools: Iterable[School]
) -> dict[str, str]:
    """Return what an application says by the name of the form's field, as it is read; sums in 元."""
    return {
        "title": project.title.strip(),
        "school": str(project.school or ""),
        "purpose": _plain(project.purpose),
        "expected": _plain(project.expected),
        "expected_uses": "" if project.expected_uses is None else str(project.expected_uses),
        "due": "" if project.due is None else project.due.isoformat(),
        **{source: _sum(budgets.get(source)) for source in Source.values},
        "schools": "、".join(sorted(str(school) for school in schools)),
    }


def stored(project: Project) -> dict[str, str]:
    """Return what the stored application says; ``project`` as it was read, not as a form has filled it."""
    budgets = dict(project.funds.values_list("source", "budget_yuan"))
    return contents(project, budgets, project.schools.all())


def version(said: Mapping[str, str]) -> str:
    """Return which version of an application says this: the same words, the same version."""
    return hashlib.sha256(json.dumps(dict(said), sort_keys=True).encode()).hexdigest()[:16]


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _sum(yuan: Decimal | None) -> str:
    return _("%(sum)s yuan") % {"sum": grouped(yuan)} if yuan else ""
