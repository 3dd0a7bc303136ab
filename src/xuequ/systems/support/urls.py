"""URLs of support, mounted under ``/support/``."""

from django.urls import URLPattern, URLResolver

app_name = "support"
urlpatterns: list[URLPattern | URLResolver] = []
