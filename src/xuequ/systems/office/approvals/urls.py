"""URLs of approvals, and of cards and letters, inside the namespace ``office``."""

from django.urls import URLPattern, path

from xuequ.systems.office.approvals import classes, views

urlpatterns: list[URLPattern] = [
    path("", views.inbox, name="approvals-inbox"),
    path("mine/", views.mine, name="approvals-mine"),
    path("done/", views.done, name="approvals-done"),
    path("together/", views.approve_together, name="approvals-together"),
    path("rules/", views.rules, name="approvals-rules"),
    path("imports/<uuid:uid>/hand-in/", views.hand_in, name="approvals-hand-in"),
    path("requests/<uuid:uid>/", views.case, name="approvals-case"),
    path("requests/<uuid:uid>/decide/", views.decide, name="approvals-decide"),
    path("requests/<uuid:uid>/remark/", views.remark, name="approvals-remark"),
    path("requests/<uuid:uid>/withdraw/", views.withdraw, name="approvals-withdraw"),
    path("requests/<uuid:uid>/again/", views.resubmit, name="approvals-resubmit"),
    path("classes/", classes.index, name="approvals-classes"),
    path("classes/<uuid:uid>/", classes.show, name="approvals-class"),
    path("classes/<uuid:uid>/print/", classes.print_papers, name="approvals-print"),
    path("classes/<uuid:uid>/void/", classes.void, name="approvals-void"),
    path("classes/<uuid:uid>/door/", classes.door, name="approvals-door"),
    path("classes/<uuid:uid>/guardians/<uuid:binding>/end/", classes.end_tie, name="approvals-end-tie"),
]
