"""URLs of accounts, roles and deputies, inside the namespace ``office``."""

from django.urls import URLPattern, path

from xuequ.systems.office.access import views

urlpatterns: list[URLPattern] = [
    path("", views.accounts, name="access-accounts"),
    path("new/", views.choose_school, name="access-choose-school"),
    path("new/<uuid:uid>/", views.make, name="access-make"),
    path("accounts/<uuid:uid>/", views.account, name="access-account"),
    path("accounts/<uuid:uid>/roles/new/", views.give_role, name="access-give-role"),
    path("accounts/<uuid:uid>/close/", views.close, name="access-close"),
    path("accounts/<uuid:uid>/reopen/", views.reopen, name="access-reopen"),
    path("accounts/<uuid:uid>/password/", views.password, name="access-password"),
    path("accounts/<uuid:uid>/factor/", views.factor, name="access-factor"),
    path("accounts/<uuid:uid>/log-ins/", views.log_ins, name="access-log-ins"),
    path("accounts/<uuid:uid>/unlock/", views.unlock, name="access-unlock"),
    path("accounts/<uuid:uid>/apps/", views.apps, name="access-apps"),
    path("roles/<uuid:uid>/end/", views.end_role, name="access-end-role"),
    path("deputies/", views.deputies, name="access-deputies"),
    path("deputies/<uuid:uid>/lend/", views.lend, name="access-lend"),
    path("deputies/<uuid:uid>/end/", views.hand_back, name="access-hand-back"),
]
