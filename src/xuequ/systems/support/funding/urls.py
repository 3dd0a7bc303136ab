"""URLs of the special fund, mounted under ``/support/money/``."""

from django.urls import path

from xuequ.systems.support.funding import compare_views, decision_views, views

urlpatterns = [
    path("", views.index, name="money"),
    path("standards/", views.standards, name="standards"),
    path("standards/new/", views.new_standard, name="standard-new"),
    path("rounds/new/", views.new_round, name="round-new"),
    path("rounds/<uuid:uid>/", views.round_page, name="round"),
    path("rounds/<uuid:uid>/sources/", views.add_source, name="source-add"),
    path("rounds/<uuid:uid>/sources/<uuid:source_uid>/drop/", views.drop_source, name="source-drop"),
    path("rounds/<uuid:uid>/apply/", views.apply, name="project-new"),
    path("rounds/<uuid:uid>/simulate/", views.simulate, name="simulate"),
    path("rounds/<uuid:uid>/decide/", decision_views.decide, name="decide"),
    path("rounds/<uuid:uid>/decision.<slug:form>", decision_views.decision, name="decision"),
    path("projects/<uuid:uid>/", views.project, name="project"),
    path("projects/<uuid:uid>/hand-in/", views.hand_in, name="project-hand-in"),
    path("projects/<uuid:uid>/evidence/", views.add_evidence, name="project-evidence"),
    path("projects/<uuid:uid>/outcome/", views.outcome, name="project-outcome"),
    path("evidence/<uuid:uid>/", views.piece, name="money-piece"),
    path("simulations/compare/", compare_views.compare, name="compare"),
    path("simulations/compare.<slug:form>", compare_views.comparison, name="comparison"),
    path("simulations/<uuid:uid>/", views.simulation, name="simulation"),
    path("simulations/<uuid:uid>/adopt/", views.adopt, name="adopt"),
    path("amounts/<uuid:uid>/", decision_views.allocation, name="allocation"),
    path("amounts/<uuid:uid>/spend/", decision_views.spend, name="spend"),
    path("amounts/<uuid:uid>/spend/<uuid:entry_uid>/cancel/", decision_views.cancel, name="spend-cancel"),
    path("amounts/<uuid:uid>/appeal/", decision_views.appeal, name="appeal"),
    path("amounts/<uuid:uid>/appeal/<uuid:appeal_uid>/answer/", decision_views.answer, name="appeal-answer"),
]
