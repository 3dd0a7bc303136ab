"""URLs of this part of the data office, inside the namespace ``office``."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
