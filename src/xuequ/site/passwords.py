"""The two password profiles, one object each: which one holds is the setting ``XUEQU_PASSWORD_PROFILE``."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:  # the settings read this module before there are models
    from xuequ.core.models import Account

DJANGO = "django.contrib.auth.password_validation"


@dataclass(frozen=True, slots=True)
class PasswordProfile:
    """What a password must be. ``kinds`` 0 means no rule of composition, ``days`` 0 no change by the calendar."""

    code: str
    shortest: int
    advised: int
    kinds: int = 0
    days: int = 0
    history: int = 0

    @property
    def validators(self) -> list[dict[str, Any]]:
        """The profile as Django's list of validators."""
        rules: list[dict[str, Any]] = [
            {"NAME": f"{DJANGO}.MinimumLengthValidator", "OPTIONS": {"min_length": self.shortest}},
            {"NAME": f"{DJANGO}.CommonPasswordValidator"},
            {
                "NAME": f"{DJANGO}.UserAttributeSimilarityValidator",
                "OPTIONS": {"user_attributes": ["username"]},
            },
        ]
        if self.kinds:
            rules.append({"NAME": f"{__name__}.KindsValidator", "OPTIONS": {"kinds": self.kinds}})
        if self.history:
            rules.append({"NAME": f"{__name__}.HistoryValidator", "OPTIONS": {"last": self.history}})
        return rules

    def expired(self, account: "Account", now: dt.datetime) -> bool:
        """Whether the account must choose a new password because the old one is too old."""
        if not self.days or not account.has_usable_password():
            return False
        chosen = account.password_changed
        return chosen is None or now - chosen >= dt.timedelta(days=self.days)


PROFILES = {
    # OWASP ASVS 5.0: length and a list of known passwords protect; composition and forced change do not.
    "asvs": PasswordProfile("asvs", shortest=10, advised=15),
    # 等级保护: what an assessor asks for: complexity, regular change, no old password again.
    "dengbao": PasswordProfile("dengbao", shortest=10, advised=12, kinds=3, days=90, history=5),
}


def profile_named(code: str) -> PasswordProfile:
    """Return the profile with this code; an unknown one stops the start."""
    if code not in PROFILES:
        raise ImproperlyConfigured(f"XUEQU_PASSWORD_PROFILE: expected asvs or dengbao, got {code!r}")
    return PROFILES[code]


def profile() -> PasswordProfile:
    """Return the profile of this instance."""
    return profile_named(settings.XUEQU_PASSWORD_PROFILE)


class KindsValidator:
    """Several of the four kinds of characters: capitals, small letters, digits, others."""

    def __init__(self, kinds: int = 3) -> None:
        self.kinds = kinds

    def validate(self, password: str, user: "Account | None" = None) -> None:
        """Raise ValidationError for too few kinds."""
        tests = (str.isupper, str.islower, str.isdigit, lambda char: not char.isalnum())
        if sum(any(test(char) for char in password) for test in tests) < self.kinds:
            raise ValidationError(self.get_help_text(), code="password_too_simple")

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return _(
            "Use at least %(kinds)s of these: capital letters, small letters, digits, other characters."
        ) % {"kinds": self.kinds}


class HistoryValidator:
    """None of the last passwords again. Only their hashes are kept, and only as many as the rule needs."""

    def __init__(self, last: int = 5) -> None:
        self.last = last

    def validate(self, password: str, user: "Account | None" = None) -> None:
        """Raise ValidationError for a password that was used lately."""
        from django.contrib.auth.hashers import check_password

        from xuequ.site.models import PasswordTrace

        if user is None or user.pk is None:
            return
        traces = PasswordTrace.objects.filter(account=user).order_by("-id")
        hashes = [user.password, *traces.values_list("hash", flat=True)[: self.last]]
        if any(check_password(password, known) for known in hashes if known):
            raise ValidationError(self.get_help_text(), code="password_used_before")

    def password_changed(self, password: str, user: "Account | None" = None) -> None:
        """Keep the hash of what was just chosen, and forget those that no longer count."""
        from xuequ.site.models import PasswordTrace

        if user is None or user.pk is None:
            return
        PasswordTrace.objects.create(account=user, hash=user.password)
        kept = PasswordTrace.objects.filter(account=user).order_by("-id").values_list("pk", flat=True)
        PasswordTrace.objects.filter(account=user).exclude(pk__in=list(kept[: self.last])).delete()

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return ngettext(
            "It must not be the last password.",
            "It must not be one of the last %(last)s passwords.",
            self.last,
        ) % {"last": self.last}
