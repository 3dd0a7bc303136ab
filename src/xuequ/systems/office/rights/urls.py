"""URLs about personal data, inside the namespace ``office``."""

from django.urls import URLPattern, path

from xuequ.systems.office.rights import asking, families, handling, views

urlpatterns: list[URLPattern] = [
    path("", views.home, name="rights-home"),
    path("register/", views.register, name="rights-register"),
    path("rules/", views.rule_list, name="rights-rules"),
    path("rules/<slug:code>/", views.rule, name="rights-rule"),
    path("due/", views.due, name="rights-due"),
    path("due/<slug:slug>/", views.let_go, name="rights-let-go"),
    path("ledger/", views.ledger, name="rights-ledger"),
    path("mine/", families.mine, name="rights-mine"),
    path("mine/<uuid:key>/", families.person, name="rights-person"),
    path("mine/<uuid:key>/consent/<slug:use>/", families.consent, name="rights-consent"),
    path("mine/<uuid:key>/ask/", families.ask, name="rights-ask"),
    path("mine/<uuid:key>/requests/<uuid:uid>/take-back/", families.take_back, name="rights-take-back"),
    path("mine/<uuid:key>/requests/<uuid:uid>/copy/", families.copy, name="rights-own-copy"),
    path("requests/", handling.requests, name="rights-requests"),
    path("requests/new/", handling.new, name="rights-write-down"),
    path("requests/<uuid:uid>/", handling.show, name="rights-request"),
    path("requests/<uuid:uid>/copy/", handling.copy, name="rights-copy"),
    path("requests/<uuid:uid>/letter/", handling.letter, name="rights-letter"),
    path("requests/<uuid:uid>/erase/", handling.erase, name="rights-erase"),
    path("texts/<slug:use>/", asking.text, name="rights-text"),
    path("texts/<uuid:uid>/publish/", asking.publish, name="rights-publish"),
    path("answers/<slug:use>/", asking.answers, name="rights-answers"),
    path("classes/<uuid:uid>/<slug:use>/", asking.paper, name="rights-paper"),
]
