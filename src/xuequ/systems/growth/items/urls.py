"""URLs of item results, inside the namespace ``growth``, under ``/growth/items/``."""

from django.urls import URLPattern, path

from xuequ.systems.growth.items import views

urlpatterns: list[URLPattern] = [
    path("", views.index, name="items"),
    path("papers/<uuid:uid>/analyse/", views.analyse, name="items-analyse"),
    path("<uuid:uid>/", views.paper, name="items-paper"),
    path("<uuid:uid>/report.<slug:form>", views.paper_report, name="items-paper-report"),
    path("<uuid:uid>/points/", views.points, name="items-points"),
    path("<uuid:uid>/points/report.<slug:form>", views.points_report, name="items-points-report"),
    path("<uuid:uid>/schools/<uuid:school_uid>/", views.school, name="items-school"),
    path(
        "<uuid:uid>/schools/<uuid:school_uid>/report.<slug:form>",
        views.school_report,
        name="items-school-report",
    ),
    path("<uuid:uid>/classes/<uuid:class_uid>/", views.school_class, name="items-class"),
    path("<uuid:uid>/classes/<uuid:class_uid>/taught/", views.taught, name="items-taught"),
    path(
        "<uuid:uid>/classes/<uuid:class_uid>/report.<slug:form>",
        views.class_report,
        name="items-class-report",
    ),
    path("<uuid:uid>/pupils/<uuid:pupil_uid>/", views.pupil, name="items-pupil"),
]
