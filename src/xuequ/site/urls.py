"""URLs: the site's own pages, then each system under its label."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

from xuequ.core.registry import systems

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("backoffice/", admin.site.urls),
]
urlpatterns += [
    path(f"{system.label}/", include(system.urls_module)) for system in systems() if find_spec(system.urls_module)
]
