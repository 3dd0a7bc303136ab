"""Error pages in the house style; they must come out even when the database or the front-end build is missing."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token


def _page(request: HttpRequest, status: int) -> HttpResponse:
    return HttpResponse(render_to_string(f"{status}.html", {"status": status}, request), status=status)


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The request could not be read."""
    return _page(request, 400)


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The person may not do this."""
    return _page(request, 403)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """There is no such page, or it is not for this person."""
    return _page(request, 404)


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Somebody tried too often."""
    return _page(request, 429)


def server_error(request: HttpRequest) -> HttpResponse:
    """Something broke: no context processor runs here, so that the page needs no database."""
    try:
        return HttpResponse(render_to_string("500.html", {"status": 500}), status=500)
    except Exception:  # noqa: BLE001 - the last page there is must not fail
        return HttpResponse(
            _("Something went wrong on our side."), status=500, content_type="text/plain; charset=utf-8"
        )


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old, or came from somewhere else."""
    return HttpResponse(render_to_string("403_csrf.html", {"status": 403}, request), status=403)
