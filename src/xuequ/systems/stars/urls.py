"""URLs of stars, mounted under ``/stars/``."""

from django.urls import include, path

from xuequ.systems.stars import views
from xuequ.systems.stars.rounds.urls import application_urls
from xuequ.systems.stars.selfrating.views import evidence

app_name = "stars"
urlpatterns = [
    path("", views.index, name="index"),
    path("mine/", views.mine, name="mine"),
    path("schemes/", include("xuequ.systems.stars.schemes.urls")),
    path("rounds/", include("xuequ.systems.stars.rounds.urls")),
    path("applications/", include("xuequ.systems.stars.selfrating.urls")),
    path("applications/", include(application_urls)),
    path("rating/", include("xuequ.systems.stars.second.urls")),
    path("evidence/<uuid:uid>/", evidence, name="evidence"),
    path("ai/", include("xuequ.systems.stars.ailevel.urls")),
    path("plans/", include("xuequ.systems.stars.plans.urls")),
    path("", include("xuequ.systems.stars.awards.urls")),
]
