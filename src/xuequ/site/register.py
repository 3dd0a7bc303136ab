"""The personal data that the site and the packages it is built on hold, for the register."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import OnErasure, PersonalData

SECURITY = _("security of the system, a legal duty")
WHO_LOOKS_AFTER = _("the person, and the system's administrators")

ENTRIES = (
    PersonalData(
        model="xuequ_site.Feedback",
        what=_("complaints and suggestions, with their answers"),
        basis=_("an entry for complaints is a legal duty"),
        retention=_("some years after the answer"),
        uses=_("answering, and making the system better"),
        seen_by=_("the district's officers who answer"),
        person=("account__person",),
        on_erasure=OnErasure.DELETE,
        free_text=("text", "reply"),
        rule="feedback",
        dated="replied_at",
        export={"at": _("time"), "kind": _("kind"), "text": _("text"), "reply": _("answer")},
    ),
    PersonalData(
        model="xuequ_site.TrustedMachine",
        what=_("office computers that an account trusts"),
        basis=SECURITY,
        retention=_("until the trust runs out"),
        seen_by=WHO_LOOKS_AFTER,
        person=("account__person",),
        on_erasure=OnErasure.DELETE,
        export={"user_agent": _("device"), "created": _("trusted since"), "expires": _("until")},
    ),
    PersonalData(
        model="xuequ_site.PasswordTrace",
        what=_("digests of former passwords"),
        basis=SECURITY,
        retention=_("while the account is open"),
        seen_by=_("nobody; programs only"),
        person=("account__person",),
        on_erasure=OnErasure.DELETE,
        export={"pk": _("key")},
    ),
    PersonalData(
        model="mfa.Authenticator",
        what=_("second factors: passkeys and the secrets of one-time codes"),
        basis=SECURITY,
        retention=_("while the account is open"),
        seen_by=_("nobody; programs only"),
        person=("user__person",),
        on_erasure=OnErasure.DELETE,
        export={"type": _("kind"), "created_at": _("created on"), "last_used_at": _("last used")},
    ),
    PersonalData(
        model="usersessions.UserSession",
        what=_("log-ins: time, address on the network, device"),
        basis=SECURITY,
        retention=_("one month"),
        seen_by=WHO_LOOKS_AFTER,
        person=("user__person",),
        on_erasure=OnErasure.DELETE,
        export={"created_at": _("created on"), "last_seen_at": _("last used"), "user_agent": _("device")},
    ),
    *(
        PersonalData(
            model=f"axes.{model}",
            what=what,
            basis=SECURITY,
            retention=_("at least six months by law"),
            seen_by=_("the system's administrators"),
            login="username",
            on_erasure=OnErasure.DELETE,
            export={"attempt_time": _("time"), "ip_address": _("address on the network")},
        )
        for model, what in (
            ("AccessAttempt", _("failed sign-ins that are counted")),
            ("AccessFailureLog", _("the log of failed sign-ins")),
            ("AccessLog", _("the log of sign-ins")),
        )
    ),
    PersonalData(
        model="account.EmailAddress",
        what=_("e-mail addresses of accounts; this instance stores none"),
        basis=SECURITY,
        retention=_("while the account is open"),
        person=("user__person",),
        on_erasure=OnErasure.DELETE,
        export={"email": _("e-mail address")},
    ),
    PersonalData(
        model="admin.LogEntry",
        what=_("what administrators changed in the back office"),
        basis=SECURITY,
        retention=_("as long as the system runs"),
        seen_by=_("the system's administrators"),
        person=("user__person",),
        free_text=("object_repr", "change_message"),
        export={"action_time": _("time"), "object_repr": _("what")},
    ),
)
