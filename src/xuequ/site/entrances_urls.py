"""Further ways in: pupils' cards and guardians' paper codes, under ``/accounts/``."""

from django.urls import URLPattern, path

from xuequ.site import entrances

urlpatterns: list[URLPattern] = [
    path("card/", entrances.card, name="card"),
    path("card/waiting/", entrances.card_wait, name="card_wait"),
    path("card/enter/", entrances.card_enter, name="card_enter"),
    path("bind/", entrances.bind, name="bind"),
    path("bind/sent/", entrances.bind_sent, name="bind_sent"),
    path("bind/<uuid:uid>/end/", entrances.bind_end, name="bind_end"),
]
