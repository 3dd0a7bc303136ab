"""Ways in besides a password: pupils' cards, guardians' codes, the apps that staff use."""

import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import OnErasure, PersonalData


class CredentialsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "xuequ.kit.credentials"
    label = "credentials"
    verbose_name = _("Credentials")
    personal_data: tuple[PersonalData, ...] = (
        PersonalData(
            model="credentials.LoginCard",
            what=_("which pupil was given a login card when; of its secret only a digest"),
            basis=_("letting pupils use what the school works with, part of its legal duty"),
            retention=_("as long as the pupil is at a school of the district"),
            person=("pupil__person",),
            on_erasure=OnErasure.DELETE,
        ),
        PersonalData(
            model="credentials.Knock",
            what=_("which pupil showed a card when, and who let the pupil in"),
            basis=_("letting pupils use what the school works with, part of its legal duty"),
            retention=_("one day"),
            person=("card__pupil__person",),
            on_erasure=OnErasure.DELETE,
        ),
        PersonalData(
            model="credentials.BindingCode",
            what=_("for which child a letter with a code was printed; of the code only a digest"),
            basis=_("working together with families, part of the school's legal duty"),
            retention=_("as long as the pupil is at a school of the district"),
            person=("pupil__person",),
            on_erasure=OnErasure.DELETE,
        ),
        PersonalData(
            model="credentials.Binding",
            what=_("which guardian asked to be tied to which child, and what the school said"),
            basis=_("working together with families, part of the school's legal duty"),
            retention=_("as long as the pupil is at a school of the district"),
            person=("pupil__person", "person"),
            on_erasure=OnErasure.DELETE,
        ),
        PersonalData(
            model="credentials.OutsideAccount",
            what=_(
                "which app of WeCom, DingTalk and Feishu a login is connected with; of the id there only a digest"
            ),
            basis=_("the person asked for it, to sign in without a password"),
            retention=_("until the person or the data office disconnects it"),
            seen_by=_("the person, and whoever looks after the account"),
            person=("account__person",),
            on_erasure=OnErasure.DELETE,
            export={"app": _("app"), "connected": _("connected on"), "last_used": _("last used")},
        ),
    )

    def ready(self) -> None:
        from xuequ.kit.approvals.procedures import register
        from xuequ.kit.credentials.requests import GUARDIAN_BINDING

        register(GUARDIAN_BINDING)

    def daily(self, day: dt.date) -> None:
        """Forget yesterday's wishes to come in and wrong attempts."""
        from xuequ.core import clock
        from xuequ.kit.credentials.cards import forget_yesterday

        forget_yesterday(clock.now())
