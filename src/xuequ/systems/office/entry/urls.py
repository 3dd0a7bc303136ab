"""URLs of typing results in, inside the namespace ``office``."""

from django.urls import URLPattern, path

from xuequ.systems.office.entry import views

urlpatterns: list[URLPattern] = [
    path("", views.home, name="entry"),
    path("plan/", views.plan, name="entry-plan"),
    path("<uuid:uid>/<uuid:class_uid>/", views.sheet, name="entry-sheet"),
    path("<uuid:uid>/<uuid:class_uid>/cells/", views.cells, name="entry-cells"),
]
