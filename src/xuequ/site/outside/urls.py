"""Sign-in with other apps, under ``/accounts/with/``."""

from django.urls import URLPattern, path

from xuequ.site.outside import views

urlpatterns: list[URLPattern] = [
    path("connect/", views.connect, name="outside_connect"),
    path("<slug:app>/", views.start, name="outside_start"),
    path("<slug:app>/back/", views.callback, name="outside_callback"),
    path("<slug:app>/end/", views.disconnect, name="outside_disconnect"),
]
