"""URLs of growth, mounted under ``/growth/``."""

from django.urls import include, path

from xuequ.systems.growth import views

app_name = "growth"
urlpatterns = [
    path("", views.index, name="index"),
    path("items/", include("xuequ.systems.growth.items.urls")),
    path("teachers/", include("xuequ.systems.growth.teachers_urls")),
    path("reading/", views.reading, name="reading"),
    path("design/", views.design, name="design"),
    path("runs/", views.runs, name="runs"),
    path("alerts/", include("xuequ.systems.growth.alerts.urls")),
    path("compare/", views.compare, name="compare"),
    path("runs/<uuid:uid>/", views.run, name="run"),
    path("runs/<uuid:uid>/analysis/", views.analysis, name="analysis"),
    path("runs/<uuid:uid>/analysis.<slug:form>", views.analysis_file, name="analysis-file"),
    path(
        "runs/<uuid:uid>/schools/<uuid:school_uid>/analysis/", views.school_analysis, name="school-analysis"
    ),
    path(
        "runs/<uuid:uid>/schools/<uuid:school_uid>/analysis.<slug:form>",
        views.analysis_file,
        name="school-analysis-file",
    ),
    path("runs/<uuid:uid>/classes/<uuid:class_uid>/analysis/", views.class_analysis, name="class-analysis"),
    path(
        "runs/<uuid:uid>/classes/<uuid:class_uid>/analysis.<slug:form>",
        views.analysis_file,
        name="class-analysis-file",
    ),
    path("runs/<uuid:uid>/audits/", views.audits, name="audits"),
    path("runs/<uuid:uid>/publish/", views.publish, name="publish"),
    path("runs/<uuid:uid>/report.<slug:form>", views.district_report, name="district-report"),
    path("runs/<uuid:uid>/schools/<uuid:school_uid>/", views.school, name="school"),
    path(
        "runs/<uuid:uid>/schools/<uuid:school_uid>/report.<slug:form>",
        views.school_report,
        name="school-report",
    ),
    path("runs/<uuid:uid>/classes/<uuid:class_uid>/", views.school_class, name="class"),
    path("pupils/<uuid:uid>/", views.pupil, name="pupil"),
]
