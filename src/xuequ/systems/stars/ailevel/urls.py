"""URLs of the level of AI education, mounted under ``/stars/ai/`` in the namespace ``stars``."""

from django.urls import URLPattern, path

from xuequ.systems.stars.ailevel import views, weights_views

urlpatterns: list[URLPattern] = [
    path("", views.index, name="ai"),
    path("example/", views.use_example, name="ai-example"),
    path("rounds/new/", views.new_round, name="ai-round-new"),
    path("rounds/<uuid:uid>/", views.show_round, name="ai-round"),
    path("rounds/<uuid:uid>/evaluate/", views.evaluate, name="ai-evaluate"),
    path("rounds/<uuid:uid>/audit/", views.audit_system, name="ai-audit-start"),
    path("seats/<uuid:uid>/", views.seat, name="ai-seat"),
    path("seats/<uuid:uid>/schools/<uuid:school_uid>/", views.rate, name="ai-rate"),
    path("evaluations/<uuid:uid>/", views.evaluation, name="ai-evaluation"),
    path("evaluations/<uuid:uid>/publish/", views.publish, name="ai-publish"),
    path("evaluations/<uuid:uid>/report.<slug:form>", views.evaluation_file, name="ai-evaluation-file"),
    path("levels/<uuid:uid>/", views.level, name="ai-level"),
    path("levels/<uuid:uid>/letter.<slug:form>", views.letter_file, name="ai-letter"),
    path("audits/<uuid:uid>/", views.audit_page, name="ai-audit"),
    path("audits/<uuid:uid>/report.<slug:form>", views.audit_file, name="ai-audit-file"),
    path("advice/", views.rules, name="ai-rules"),
    path("advice/<slug:code>/", views.rule, name="ai-rule"),
    path("weights/", weights_views.polls, name="ai-polls"),
    path("weights/new/", weights_views.new_poll, name="ai-poll-new"),
    path("weights/<uuid:uid>/", weights_views.poll, name="ai-poll"),
    path("weights/<uuid:uid>/close/", weights_views.close_poll, name="ai-poll-close"),
    path("weights/<uuid:uid>/adopt/", weights_views.adopt, name="ai-adopt"),
    path("ballots/<uuid:uid>/", weights_views.ballot, name="ai-ballot"),
    path("ballots/<uuid:uid>/judge/", weights_views.judge, name="ai-judge"),
    path("ballots/<uuid:uid>/hand-in/", weights_views.hand_in, name="ai-hand-in"),
]
