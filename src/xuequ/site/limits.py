"""How often a password may be tried. django-axes counts wrong passwords in the database, for all web processes.

Two limits work together. A name is closed for one address after five wrong passwords (``AXES_FAILURE_LIMIT``), so
that a guesser stops early while the owner can still come in from elsewhere; and for every address after thirty
(``XUEQU_FAILURES_ANYWHERE``), so that many addresses do not help. No address is ever closed by itself: fifty pupils of
a computer room share one, and one pupil's wrong passwords must not shut out the class. What one address may send in a
minute is bounded by allauth's rate limit (``ACCOUNT_RATE_LIMITS``), which stops a machine that tries one password on
every name. All of them answer with the same page (429).
"""

from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse

from xuequ.core.models import Account
from xuequ.site.errors import too_many_requests
from xuequ.site.outside import waiting


class NameAndAddress(AxesDatabaseHandler):
    """Counts wrong passwords per name and address, and per name; a failure elsewhere weighs less."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Return the count that the limit for one address is held against."""
        here, anywhere = (_failures(rows) for rows in self.get_user_attempts(request, credentials))
        return max(here, anywhere * settings.AXES_FAILURE_LIMIT // settings.XUEQU_FAILURES_ANYWHERE)

    def user_logged_in(self, sender: Any, request: HttpRequest, user: Account, **more: Any) -> None:
        """Forget the wrong passwords of whoever knew the right one; coming in with WeCom shows no password."""
        if not waiting.entry(request, user):
            super().user_logged_in(sender, request, user, **more)


def _failures(rows: "QuerySet[AccessAttempt]") -> int:
    return rows.aggregate(sum=Sum("failures_since_start"))["sum"] or 0


def client_address(request: HttpRequest) -> str | None:
    """Return the address that a request came from, behind our own proxy the one that the proxy saw."""
    return get_client_ip(request)


def counted_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """Return the login name as it is counted: sign-in does not tell capitals apart, so the count must not either."""
    name = (credentials or {}).get("username") or request.POST.get("login")
    return str(name).strip().lower()[:255] if name else None


def closed_page(request: HttpRequest, response: HttpResponse | None, credentials: Any = None) -> HttpResponse:
    """Answer whoever tried too often."""
    return too_many_requests(request)
