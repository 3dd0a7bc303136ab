"""The data office as a system of the district."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.actors import Actor
from xuequ.core.registry import Card, NavItem, PersonalData, System


class OfficeConfig(System):
    name = "xuequ.systems.office"
    label = "office"
    verbose_name = _("Data office")
    title = _("Data office")
    icon = "database-import"
    order = 10
    personal_data = (
        PersonalData(
            model="district.Identity",
            what=_(
                "names and numbers of pupils, teachers and guardians, each encrypted under a key of its own"
            ),
            basis=_("running schools and keeping pupils' records, a legal duty"),
            retention=_("until the person leaves the district and the record's legal time is over"),
        ),
        PersonalData(
            model="record.Result",
            what=_("pupils' results by random key"),
            basis=_("teaching and the monitoring of education, a legal duty"),
            retention=_("as long as the pupil's record"),
        ),
        PersonalData(
            model="record.ImportBatch",
            what=_("uploaded score sheets, with names"),
            basis=_("teaching and the monitoring of education, a legal duty"),
            retention=_("until the import is stored or discarded, then only its file name, hash and counts"),
        ),
    )

    def navigation(self, actor: Actor) -> Iterable[NavItem]:
        from xuequ.systems.office.parts import parts
        from xuequ.systems.office.queries import may_enter

        if may_enter(actor):  # type: ignore[arg-type]
            yield NavItem(_("Data office"), reverse("office:home"), self.icon, "/office/")
        for part in parts():
            yield from part.navigation(actor)  # type: ignore[arg-type]

    def home_cards(self, actor: Actor) -> Iterable[Card]:
        from xuequ.systems.office.cards import home_cards
        from xuequ.systems.office.parts import parts

        yield from home_cards(actor)  # type: ignore[arg-type]
        for part in parts():
            yield from part.home_cards(actor)  # type: ignore[arg-type]

    def build_demo(self, demo: Any) -> None:
        from xuequ.systems.office.demo import build
        from xuequ.systems.office.parts import parts

        build(demo)
        for part in parts():
            part.demo(demo)
