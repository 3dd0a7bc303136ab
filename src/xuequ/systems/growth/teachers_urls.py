"""URLs of teacher-level values, inside the namespace ``growth``, under ``/growth/teachers/``."""

from django.urls import URLPattern, path

from xuequ.systems.growth import teachers_views as views

urlpatterns: list[URLPattern] = [
    path("", views.state, name="teachers"),
    path("unlock/", views.unlock, name="teachers-unlock"),
    path("lock/", views.lock, name="teachers-lock"),
    path("gather/", views.gather, name="teachers-gather"),
    path("compute/", views.compute, name="teachers-compute"),
    path("mine/", views.mine, name="teachers-mine"),
    path("classes/", views.classes, name="teachers-classes"),
    path("schools/", views.schools, name="teachers-schools"),
    path("values/", views.values, name="teachers-values"),
    path("values/<uuid:uid>/", views.value, name="teachers-value"),
]
