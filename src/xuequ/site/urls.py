"""URLs: the site's own pages, then each system under its label."""

from importlib.util import find_spec

from allauth.account import views as allauth_views
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from xuequ.core.registry import systems
from xuequ.site import views
from xuequ.site.accounts import SignInView, password_change
from xuequ.site.api import build_api

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    # Only the pages of allauth that are used; sign-up, e-mail and reset by e-mail do not exist here.
    path("accounts/login/", SignInView.as_view(), name="account_login"),
    path("accounts/logout/", allauth_views.logout, name="account_logout"),
    path("accounts/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("accounts/password/change/", password_change, name="account_change_password"),
    path("accounts/demo/", views.demo_login, name="demo_login"),
    path("language/", set_language, name="set_language"),
    path("feedback/", views.feedback_page, name="feedback"),
    path("feedback/received/", views.feedback_received, name="feedback_received"),
    path("feedback/received/<uuid:uid>/", views.feedback_answer, name="feedback_answer"),
    path("jobs/", include("xuequ.core.jobs.urls")),
    path("backoffice/", admin.site.urls),
    path("api/v1/", build_api().urls),
]
urlpatterns += [
    path(f"{system.label}/", include(system.urls_module))
    for system in systems()
    if find_spec(system.urls_module)
]

handler400 = "xuequ.site.errors.bad_request"
handler403 = "xuequ.site.errors.permission_denied"
handler404 = "xuequ.site.errors.not_found"
handler429 = "xuequ.site.errors.too_many_requests"
handler500 = "xuequ.site.errors.server_error"
