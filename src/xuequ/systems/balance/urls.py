"""URLs of balance, mounted under ``/balance/``."""

from django.urls import URLPattern, URLResolver

app_name = "balance"
urlpatterns: list[URLPattern | URLResolver] = []
