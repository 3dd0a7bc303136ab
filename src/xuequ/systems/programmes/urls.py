"""URLs of programmes, mounted under ``/programmes/``."""

from django.urls import URLPattern, URLResolver, include, path

from xuequ.systems.programmes import views
from xuequ.systems.programmes.bookings import urls as bookings
from xuequ.systems.programmes.ledger import urls as ledger
from xuequ.systems.programmes.projects import urls as projects

app_name = "programmes"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.index, name="index"),
    path("projects/", include(projects.urlpatterns)),
    path("ledger/", include(ledger.urlpatterns)),
    path("bookings/", include(bookings.urlpatterns)),
]
