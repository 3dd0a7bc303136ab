"""URLs of the data office."""

from django.urls import URLPattern, URLResolver, include, path

from xuequ.systems.office import views, wizard
from xuequ.systems.office.parts import NAMES

app_name = "office"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("imports/", views.imports, name="imports"),
    path("imports/new/", wizard.new_sheet, name="import-new"),
    path("imports/new-study/", wizard.new_study, name="import-new-study"),
    path("imports/<uuid:uid>/", wizard.show, name="import"),
    path("imports/<uuid:uid>/columns/", wizard.columns, name="import-columns"),
    path("imports/<uuid:uid>/answers/", wizard.answers, name="import-answers"),
    path("imports/<uuid:uid>/confirm/", wizard.confirm, name="import-confirm"),
    path("imports/<uuid:uid>/discard/", wizard.discard, name="import-discard"),
    path("imports/<uuid:uid>/undo/", wizard.undo, name="import-undo"),
    path("assessments/<uuid:uid>/", views.assessment, name="assessment"),
    path("assessments/<uuid:uid>/import/", wizard.new_for_assessment, name="import-into"),
    path("assessments/<uuid:uid>/template/", views.template, name="template"),
    path("assessments/<uuid:uid>/template/items/", views.item_template, name="item-template"),
    path("template/", views.blank_template, name="blank-template"),
    path("headings/", views.headings, name="headings"),
    path("headings/<int:pk>/forget/", views.forget_heading, name="forget-heading"),
]
urlpatterns += [path(f"{name}/", include(f"xuequ.systems.office.{name}.urls")) for name in NAMES]
