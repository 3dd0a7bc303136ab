"""URLs of visits, mounted under ``/support/visits/``."""

from django.urls import path

from xuequ.systems.support.visits import issue_views, views

urlpatterns = [
    path("", views.index, name="visits"),
    path("week/", views.week, name="visits-week"),
    path("plan/<uuid:uid>/", views.plan, name="visit-plan"),
    path("ask/", views.ask, name="visit-ask"),
    path("requests/<uuid:uid>/withdraw/", views.withdraw, name="visit-withdraw"),
    path("stuck/", issue_views.stuck, name="visits-stuck"),
    path("issues/", issue_views.issues, name="issues"),
    path("issues/<uuid:uid>/", issue_views.issue, name="issue"),
    path("issues/<uuid:uid>/evidence/", issue_views.add_issue_evidence, name="issue-evidence"),
    path("evidence/<uuid:uid>/", issue_views.piece, name="visit-piece"),
    path("<uuid:uid>/", views.visit, name="visit"),
    path("<uuid:uid>/minutes/", views.minutes, name="visit-minutes"),
    path("<uuid:uid>/minutes/issues/", views.add_issue, name="visit-add-issue"),
    path("<uuid:uid>/minutes/evidence/", views.add_evidence, name="visit-evidence"),
    path("<uuid:uid>/send/", views.send, name="visit-send"),
    path("<uuid:uid>/confirm/", views.confirm, name="visit-confirm"),
    path("<uuid:uid>/move/", views.move, name="visit-move"),
    path("<uuid:uid>/cancel/", views.cancel, name="visit-cancel"),
    path("<uuid:uid>/record.<slug:form>", views.record, name="visit-record"),
]
