"""收数: an upper unit's Excel, split by school, filled in, merged back."""

import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData


class CollectionConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "xuequ.kit.collection"
    label = "collection"
    verbose_name = _("Collection of figures")
    personal_data: tuple[PersonalData, ...] = (
        PersonalData(
            model="collection.SchoolSheet",
            what=_(
                "schools' answers to upper units, which may name people; each encrypted under a key of its own"
            ),
            basis=_("the legal basis that the collection itself names"),
            retention=_(
                "until the day that the collection names; then the answers are destroyed, counts remain"
            ),
        ),
    )

    def daily(self, day: dt.date) -> None:
        """Destroy answers whose time is over."""
        from xuequ.kit.collection.actions import destroy_expired

        destroy_expired(day=day)
