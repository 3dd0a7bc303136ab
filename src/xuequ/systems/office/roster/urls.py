"""URLs of the roster, inside the namespace ``office``."""

from django.urls import URLPattern, path

from xuequ.systems.office.roster import pupils, views, wizard

urlpatterns: list[URLPattern] = [
    path("", views.home, name="roster"),
    path("imports/", views.imports, name="roster-imports"),
    path("new/", wizard.new, name="roster-new"),
    path("template/", views.template, name="roster-template"),
    path("imports/<uuid:uid>/", wizard.show, name="roster-import"),
    path("imports/<uuid:uid>/sheets/", wizard.sheets, name="roster-sheets"),
    path("imports/<uuid:uid>/answers/", wizard.answers, name="roster-answers"),
    path("imports/<uuid:uid>/confirm/", wizard.confirm, name="roster-confirm"),
    path("imports/<uuid:uid>/discard/", wizard.discard, name="roster-discard"),
    path("imports/<uuid:uid>/undo/", wizard.undo, name="roster-undo"),
    path("mappings/", views.mappings, name="roster-mappings"),
    path("mappings/<uuid:uid>/", views.mapping, name="roster-mapping"),
    path("mappings/<uuid:uid>/delete/", views.delete_mapping, name="roster-mapping-delete"),
    path("schools/<uuid:uid>/", views.school, name="roster-school"),
    path("classes/<uuid:uid>/", views.school_class, name="roster-class"),
    path("pupils/<uuid:uid>/", pupils.show, name="roster-pupil"),
    path("pupils/<uuid:uid>/correct/", pupils.correct, name="roster-pupil-correct"),
    path("pupils/<uuid:uid>/place/", pupils.place, name="roster-pupil-place"),
    path("pupils/<uuid:uid>/transfer/", pupils.transfer, name="roster-pupil-transfer"),
    path("pupils/<uuid:uid>/leave/", pupils.leave, name="roster-pupil-leave"),
]
