"""URLs of stars, mounted under ``/stars/``."""

from django.urls import URLPattern, URLResolver

app_name = "stars"
urlpatterns: list[URLPattern | URLResolver] = []
