"""URLs of projects, mounted under ``/programmes/projects/``."""

from django.urls import path

from xuequ.systems.programmes.projects import views

urlpatterns = [
    path("", views.project_list, name="projects"),
    path("group/", views.group, name="group"),
    path("group/report.<slug:form>", views.group_file, name="group-report"),
    path("new/", views.project_new, name="project-new"),
    path("milestones/<uuid:uid>/", views.milestone, name="milestone"),
    path("milestones/<uuid:uid>/day/", views.milestone_day, name="milestone-day"),
    path("issues/<uuid:uid>/", views.issue, name="issue"),
    path("evidence/<uuid:uid>/", views.proof, name="proof"),
    path("evidence/<uuid:uid>/withdraw/", views.proof_withdraw, name="proof-withdraw"),
    path("<uuid:uid>/", views.project, name="project"),
    path("<uuid:uid>/edit/", views.project_edit, name="project-edit"),
    path("<uuid:uid>/history/", views.history, name="project-history"),
    path("<uuid:uid>/report.<slug:form>", views.project_file, name="project-report"),
    path("<uuid:uid>/move-on/", views.move_on, name="project-move-on"),
    path("<uuid:uid>/put-before/", views.put_before, name="project-put-before"),
    path("<uuid:uid>/<slug:step>/", views.act, name="project-act"),
]
