"""URLs of the first start, inside the namespace ``office``."""

from django.urls import URLPattern, path

from xuequ.systems.office.start import views

urlpatterns: list[URLPattern] = [
    path("", views.home, name="start"),
    path("administrator/", views.administrator, name="start-administrator"),
    path("district/", views.describe, name="start-district"),
    path("year/", views.year, name="start-year"),
    path("finish/", views.finish, name="start-finish"),
]
