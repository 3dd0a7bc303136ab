"""URLs of alerts, mounted under ``/growth/alerts/``."""

from django.urls import path

from xuequ.systems.growth.alerts import views

urlpatterns = [
    path("", views.alerts, name="alerts"),
    path("<uuid:uid>/", views.alert, name="alert"),
]
