"""URLs of this part of the data office, inside the namespace ``office``."""

from django.urls import URLPattern, path

from xuequ.systems.office.search import views

urlpatterns: list[URLPattern] = [
    path("", views.search, name="search"),
    path("pupils/<uuid:uid>/", views.pupil, name="search-pupil"),
    path("teachers/<uuid:uid>/", views.teacher, name="search-teacher"),
]
