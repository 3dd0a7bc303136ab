"""Core as a Django app."""

import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import OnErasure, PersonalData

SECURITY = _("security of the system, a legal duty")


class CoreConfig(AppConfig):
    name = "xuequ.core"
    label = "core"
    verbose_name = _("Core")
    default_auto_field = "django.db.models.BigAutoField"
    personal_data = (
        PersonalData(
            model="core.Account",
            what=_("the account: login name and when it was last used"),
            basis=SECURITY,
            retention=_("until the person leaves; closed accounts lose their name when the person is erased"),
            uses=_("signing in, and knowing who did what"),
            seen_by=_("whoever looks after accounts at the school and in the district"),
            person=("person",),
            on_erasure=OnErasure.CLEAR,
            clear=("last_login", "password_changed"),
            export={
                "username": _("login name"),
                "is_active": _("active"),
                "created": _("created on"),
                "last_login": _("last sign-in"),
            },
        ),
        PersonalData(
            model="core.AuditEvent",
            what=_("who did or saw what, by account and random key, never by name"),
            basis=SECURITY,
            retention=_(
                "as long as the system runs, at least six months by law; sealed, so nothing can be taken out"
            ),
            uses=_("finding out who looked at or changed data"),
            seen_by=_("the district's data office and the system's administrators"),
            person=("account__person",),
            uid="object_uid",
            export={"at": _("time"), "verb": _("what was done"), "roles": _("in which role")},
        ),
        PersonalData(
            model="core.Task",
            what=_("background work that the person started, such as an import"),
            basis=SECURITY,
            retention=_("30 days after the work is done"),
            uses=_("showing progress and finding faults"),
            seen_by=_("the person, and the system's administrators"),
            person=("account__person",),
            free_text=("title", "message", "error", "result", "checkpoint"),
            export={"enqueued_at": _("time"), "title": _("title"), "state": _("state")},
        ),
    )

    def ready(self) -> None:
        from xuequ.core.search.indexing import watch

        watch()

    def daily(self, day: dt.date) -> None:
        """Build the search index anew once a day, so that rows written in bulk are in it the next day at the latest."""
        from django.core.cache import cache

        from xuequ.core.search.indexing import reindex_all

        if cache.add(f"search-reindexed:{day}", "yes", 2 * 86400):
            reindex_all()
