"""URLs of awards, mounted under ``/stars/``."""

from django.urls import path

from xuequ.systems.stars.awards import views

urlpatterns = [
    path("awards/", views.awards, name="awards"),
    path("awards/new/", views.record, name="awards-record"),
    path("awards/compare/", views.compare, name="awards-compare"),
    path("schools/<uuid:uid>/", views.school_years, name="school-years"),
]
