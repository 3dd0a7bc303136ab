"""URLs of background work, mounted under ``/jobs/``."""

from django.urls import path

from xuequ.core.jobs import views

urlpatterns = [
    path("", views.jobs, name="jobs"),
    path("<uuid:uid>/", views.job, name="job"),
    path("<uuid:uid>/retry/", views.job_retry, name="job-retry"),
]
