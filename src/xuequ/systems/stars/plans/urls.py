"""URLs of development plans, mounted under ``/stars/plans/`` in the namespace ``stars``."""

from django.urls import URLPattern, path

from xuequ.systems.stars.plans import views

urlpatterns: list[URLPattern] = [
    path("", views.index, name="plans"),
    path("new/", views.new, name="plan-new"),
    path("<uuid:uid>/", views.plan, name="plan"),
    path("<uuid:uid>/plan.<slug:form>", views.plan_file, name="plan-file"),
    path("<uuid:uid>/change/", views.change, name="plan-change"),
    path("<uuid:uid>/hand-in/", views.hand_in, name="plan-hand-in"),
    path("<uuid:uid>/goals/new/", views.new_goal, name="plan-goal-new"),
    path("<uuid:uid>/look-back/", views.look_back, name="plan-look-back"),
    path("goals/<uuid:uid>/", views.goal, name="plan-goal"),
    path("goals/<uuid:uid>/evidence/", views.attach, name="plan-attach"),
    path("evidence/<uuid:uid>/", views.piece, name="plan-piece"),
    path("reviews/<uuid:uid>/comment/", views.comment, name="plan-comment"),
]
