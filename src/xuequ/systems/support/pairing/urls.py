"""URLs of pairs, mounted under ``/support/pairs/``."""

from django.urls import path

from xuequ.systems.support.pairing import views

urlpatterns = [
    path("", views.index, name="pairs"),
    path("prepare/", views.prepare, name="pairs-prepare"),
    path("rules/", views.add_rule, name="pair-rule-add"),
    path("rules/<uuid:uid>/drop/", views.drop_rule, name="pair-rule-drop"),
    path("plans/<uuid:uid>/", views.plan, name="pair-plan"),
    path("plans/<uuid:uid>/adopt/", views.adopt, name="pair-adopt"),
    path("effect/", views.compute_effect, name="pairs-effect"),
    path("report.<slug:form>", views.district_report, name="pairs-report"),
    path("acts/<uuid:uid>/confirm/", views.confirm_act, name="act-confirm"),
    path("acts/<uuid:uid>/contest/", views.contest_act, name="act-contest"),
    path("acts/<uuid:uid>/take-back/", views.take_back, name="act-take-back"),
    path("acts/<uuid:uid>/void/", views.void_act, name="act-void"),
    path("<uuid:uid>/", views.pair, name="pair"),
    path("<uuid:uid>/agree/", views.agree, name="pair-agree"),
    path("<uuid:uid>/decline/", views.decline, name="pair-decline"),
    path("<uuid:uid>/end/", views.end, name="pair-end"),
    path("<uuid:uid>/acts/", views.add_act, name="pair-act"),
    path("<uuid:uid>/report.<slug:form>", views.pair_report, name="pair-report"),
]
