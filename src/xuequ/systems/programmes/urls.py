"""URLs of programmes, mounted under ``/programmes/``."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path


def _x(request: HttpRequest, uid: str = "") -> HttpResponse:
    return HttpResponse("")


app_name = "programmes"
urlpatterns: list[URLPattern | URLResolver] = [
    path("ledger/", _x, name="ledger"),
    path("moves/<uuid:uid>/", _x, name="move"),
    path("inv/<uuid:uid>/", _x, name="inventory"),
]
