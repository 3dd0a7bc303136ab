"""URLs of schemes, mounted under ``/stars/schemes/``."""

from django.urls import path

from xuequ.systems.stars.schemes import views

urlpatterns = [
    path("", views.schemes, name="schemes"),
    path("new/", views.new, name="scheme-new"),
    path("<uuid:uid>/", views.scheme, name="scheme"),
    path("<uuid:uid>/next/", views.next_version, name="scheme-next"),
    path("<uuid:uid>/scheme.<slug:form>", views.export, name="scheme-export"),
    path("<uuid:uid>/replace/", views.replace, name="scheme-replace"),
    path("<uuid:uid>/head/", views.head, name="scheme-head"),
    path("<uuid:uid>/dimensions/", views.dimension, name="scheme-dimension-new"),
    path("<uuid:uid>/dimensions/<str:code>/", views.dimension, name="scheme-dimension"),
    path("<uuid:uid>/dimensions/<str:code>/items/", views.new_item, name="scheme-item-new"),
    path("<uuid:uid>/items/<str:code>/", views.item, name="scheme-item"),
    path("<uuid:uid>/items/<str:code>/remove/", views.remove_item, name="scheme-item-remove"),
]
