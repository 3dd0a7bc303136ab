"""URLs of support, mounted under ``/support/``."""

from django.urls import include, path

from xuequ.systems.support import views

app_name = "support"
urlpatterns = [
    path("", views.index, name="index"),
    path("visits/", include("xuequ.systems.support.visits.urls")),
    path("pairs/", include("xuequ.systems.support.pairing.urls")),
    path("audits/", include("xuequ.systems.support.audits.urls")),
    path("money/", include("xuequ.systems.support.funding.urls")),
]
