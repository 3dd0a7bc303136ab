"""URLs of the ledgers, inside the namespace ``office``."""

from django.urls import URLPattern, path

from xuequ.systems.office.ledgers import views

urlpatterns: list[URLPattern] = [
    path("", views.home, name="ledgers"),
    path("new/", views.new, name="ledger-new"),
    path("template/", views.template, name="ledger-template"),
    path("imports/<uuid:uid>/", views.show, name="ledger-import"),
    path("imports/<uuid:uid>/confirm/", views.confirm, name="ledger-confirm"),
    path("imports/<uuid:uid>/discard/", views.discard, name="ledger-discard"),
    path("imports/<uuid:uid>/undo/", views.undo, name="ledger-undo"),
]
