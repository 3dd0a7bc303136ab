"""URLs of the ledger, mounted under ``/programmes/ledger/``."""

from django.urls import path

from xuequ.systems.programmes.ledger import views, views_imports, views_moves

urlpatterns = [
    path("", views.ledger, name="ledger"),
    path("labels.pdf", views.labels, name="labels"),
    path("publish/", views.publish, name="publish"),
    path("devices/new/", views.device_new, name="device-new"),
    path("devices/<uuid:uid>/", views.device, name="device"),
    path("devices/<uuid:uid>/edit/", views.device_edit, name="device-edit"),
    path("devices/<uuid:uid>/used/", views.device_used, name="device-used"),
    path("devices/<uuid:uid>/state/", views.device_state, name="device-state"),
    path("devices/<uuid:uid>/scrap/", views.device_scrap, name="device-scrap"),
    path("devices/<uuid:uid>/divide/", views.device_divide, name="device-divide"),
    path("devices/<uuid:uid>/move/", views_moves.move_new, name="move-new"),
    path("rooms/", views.rooms, name="rooms"),
    path("rooms/new/", views.room_new, name="room-new"),
    path("rooms/<uuid:uid>/", views.room, name="room"),
    path("rooms/<uuid:uid>/edit/", views.room_edit, name="room-edit"),
    path("rooms/<uuid:uid>/used/", views.room_used, name="room-used"),
    path("moves/", views_moves.move_list, name="moves"),
    path("moves/<uuid:uid>/", views_moves.move, name="move"),
    path("moves/<uuid:uid>/<slug:act>/", views_moves.move_act, name="move-act"),
    path("inventories/", views_moves.inventory_list, name="inventories"),
    path("inventories/<uuid:uid>/", views_moves.inventory, name="inventory"),
    path("inventories/<uuid:uid>/close/", views_moves.inventory_close, name="inventory-close"),
    path("inventories/<uuid:uid>/<uuid:line_uid>/", views_moves.inventory_mark, name="inventory-mark"),
    path("import/", views_imports.import_new, name="import-new"),
    path("import/template.xlsx", views_imports.import_template, name="import-template"),
    path("import/<uuid:uid>/", views_imports.import_page, name="import"),
    path("import/<uuid:uid>/<slug:act>/", views_imports.import_act, name="import-act"),
]
