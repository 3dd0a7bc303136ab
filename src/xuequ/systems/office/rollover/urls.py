"""URLs of the rollover and of the schools, inside the namespace ``office``."""

from django.urls import URLPattern, path

from xuequ.systems.office.rollover import placing_views, schools, steps, views

SCHOOL = "school/<uuid:uid>/"
GRADE = "school/<uuid:uid>/placing/<int:grade>/"

urlpatterns: list[URLPattern] = [
    path("", views.home, name="rollover"),
    path("prepare/", views.prepare, name="rollover-prepare"),
    path("<uuid:uid>/check/", views.check, name="rollover-check"),
    path("<uuid:uid>/run/", views.run, name="rollover-run-all"),
    path("<uuid:uid>/undo/", views.undo, name="rollover-undo-all"),
    path("<uuid:uid>/accounts/", views.close_accounts, name="rollover-accounts"),
    path(SCHOOL, steps.school, name="rollover-school"),
    path(f"{SCHOOL}classes/", steps.classes, name="rollover-classes"),
    path(f"{SCHOOL}pupils/", steps.pupils, name="rollover-pupils"),
    path(f"{SCHOOL}pupils/<uuid:class_uid>/", steps.class_pupils, name="rollover-class-pupils"),
    path(f"{SCHOOL}new-classes/", steps.new_classes, name="rollover-new-classes"),
    path(f"{SCHOOL}placing/", steps.placing, name="rollover-placing"),
    path(GRADE, placing_views.grade, name="rollover-placing-grade"),
    path(f"{GRADE}rule/", placing_views.by_rule, name="rollover-placing-rule"),
    path(f"{GRADE}file/", placing_views.by_file, name="rollover-placing-file"),
    path(f"{GRADE}list/", placing_views.download, name="rollover-placing-list"),
    path(f"{GRADE}confirm/", placing_views.confirm, name="rollover-placing-confirm"),
    path(f"{GRADE}drop/", placing_views.drop, name="rollover-placing-drop"),
    path(f"{SCHOOL}staff/", steps.staff, name="rollover-staff"),
    path(f"{SCHOOL}staff/confirm/", steps.confirm_staff, name="rollover-staff-confirm"),
    path(f"{SCHOOL}staff/<slug:code>/", steps.class_staff, name="rollover-class-staff"),
    path(f"{SCHOOL}preview/", steps.preview, name="rollover-preview"),
    path(f"{SCHOOL}run/", steps.run, name="rollover-run"),
    path(f"{SCHOOL}undo/", steps.undo, name="rollover-undo"),
    path("schools/", schools.index, name="schools"),
    path("schools/new/", schools.new, name="schools-new"),
    path("schools/places/", schools.places, name="schools-places"),
    path("schools/areas/new/", schools.new_area, name="schools-area-new"),
    path("schools/areas/<uuid:uid>/", schools.area, name="schools-area"),
    path("schools/groups/new/", schools.new_group, name="schools-group-new"),
    path("schools/groups/<uuid:uid>/", schools.group, name="schools-group"),
    path("schools/<uuid:uid>/", schools.edit, name="schools-edit"),
    path("schools/<uuid:uid>/close/", schools.close, name="schools-close"),
    path("schools/<uuid:uid>/reopen/", schools.reopen, name="schools-reopen"),
    path("schools/<uuid:uid>/merge/", schools.merge, name="schools-merge"),
]
