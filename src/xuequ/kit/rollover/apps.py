"""学年升级: the move of all classes and pupils into the next school year."""

import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import OnErasure, PersonalData

BASIS = _("running schools and keeping pupils' records, a legal duty")
RETENTION = _("until the school year that they prepare is over")


class RolloverConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "xuequ.kit.rollover"
    label = "rollover"
    verbose_name = _("Rollover")
    personal_data: tuple[PersonalData, ...] = (
        PersonalData(
            model="rollover.ListedPupil",
            what=_("who repeats the year or leaves, as the school listed it"),
            basis=BASIS,
            retention=RETENTION,
            person=("pupil__person",),
            on_erasure=OnErasure.DELETE,
        ),
        PersonalData(
            model="rollover.PlacedPupil",
            what=_("into which class a pupil is placed for the coming year"),
            basis=BASIS,
            retention=RETENTION,
            person=("pupil__person",),
            on_erasure=OnErasure.DELETE,
        ),
        PersonalData(
            model="rollover.PlacingWish",
            what=_("which pupils shall be in one class or in different ones"),
            basis=BASIS,
            retention=RETENTION,
            person=("pupil__person",),
            on_erasure=OnErasure.DELETE,
        ),
        PersonalData(
            model="rollover.StaffChoice",
            what=_("who shall have charge of which class and teach it in the coming year"),
            basis=BASIS,
            retention=RETENTION,
            person=("teacher__person",),
            on_erasure=OnErasure.DELETE,
        ),
    )

    def daily(self, day: dt.date) -> None:
        """Forget who was listed and placed for years that are over."""
        from xuequ.kit.rollover.actions import forget_old

        forget_old(day)
