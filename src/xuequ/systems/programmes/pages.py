"""What the pages of programmes share: what is found or is not, and a form on a page of its own."""

from typing import Any, TypeVar

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

T = TypeVar("T")


def there(found: T | None) -> T:
    """Return what was found; 404 when the actor sees nothing there."""
    if found is None:
        raise Http404
    return found


def form_page(
    request: HttpRequest, form: Any, title: object, back: str, place: str, lead: str = ""
) -> HttpResponse:
    """Show a form on a page of its own; ``place`` and ``back`` name and address the page that it returns to."""
    context = {"form": form, "title": title, "back": back, "place": place, "lead": lead}
    return render(request, "programmes/form.html", context)
