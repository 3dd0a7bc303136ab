"""URLs: the site's own pages, then each system under its label."""

from importlib.util import find_spec

from allauth.account import views as allauth_views
from allauth.mfa.base import views as mfa_views
from allauth.mfa.recovery_codes import views as code_views
from allauth.mfa.totp import views as totp_views
from allauth.mfa.webauthn import views as passkey_views
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from xuequ.core.registry import systems
from xuequ.site import security, views
from xuequ.site.accounts import SignInView, password_change
from xuequ.site.api import build_api
from xuequ.site.outside.views import verification

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    # Only the pages of allauth that are used; sign-up, e-mail and reset by e-mail do not exist here.
    path("accounts/login/", SignInView.as_view(), name="account_login"),
    path("accounts/logout/", allauth_views.logout, name="account_logout"),
    path("accounts/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("accounts/password/change/", password_change, name="account_change_password"),
    path("accounts/demo/", views.demo_login, name="demo_login"),
    path("accounts/security/", security.security, name="account_security"),
    path("accounts/security/", security.security, name="mfa_index"),  # as allauth calls it
    path("accounts/security/", security.security, name="mfa_list_webauthn"),
    path("accounts/security/set-up/", security.set_up, name="account_set_up"),
    path("accounts/security/password/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path("accounts/security/log-ins/others/end/", security.end_others, name="account_end_others"),
    path("accounts/security/log-ins/<int:pk>/end/", security.end_log_in, name="account_end_log_in"),
    path("accounts/security/computers/<uuid:uid>/end/", security.distrust, name="account_distrust"),
    path("accounts/second-step/", security.SecondFactorView.as_view(), name="mfa_authenticate"),
    path("accounts/security/code/", mfa_views.reauthenticate, name="mfa_reauthenticate"),
    path("accounts/security/codes/", totp_views.activate_totp, name="mfa_activate_totp"),
    path("accounts/security/codes/end/", totp_views.deactivate_totp, name="mfa_deactivate_totp"),
    path(
        "accounts/security/passkey/",
        passkey_views.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path("accounts/security/passkeys/new/", passkey_views.add_webauthn, name="mfa_add_webauthn"),
    path(
        "accounts/security/passkeys/<int:pk>/end/", passkey_views.remove_webauthn, name="mfa_remove_webauthn"
    ),
    path("accounts/security/recovery/", code_views.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "accounts/security/recovery/file/",
        code_views.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path(
        "accounts/security/recovery/new/",
        code_views.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path("accounts/", include("xuequ.site.entrances_urls")),
    path("accounts/with/", include("xuequ.site.outside.urls")),
    path("WW_verify_<slug:code>.txt", verification, name="outside_verification"),
    path("language/", set_language, name="set_language"),
    path("feedback/", views.feedback_page, name="feedback"),
    path("feedback/sent/", views.feedback_sent, name="feedback_sent"),
    path("feedback/look/", views.feedback_look, name="feedback_look"),
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
