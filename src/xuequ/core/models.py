"""Accounts, audit rows and tasks."""

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.core.ids import Identified
from xuequ.core.search.entries import SearchEntry

__all__ = ["Account", "AccountManager", "AuditEvent", "AuditSeal", "SearchEntry", "Task", "TaskState"]


class AccountManager(BaseUserManager["Account"]):
    """Creates accounts; the username is a login name, never a pupil's number."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> "Account":
        account = self.model(username=username, **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def create_superuser(self, username: str, password: str | None = None, **fields: object) -> "Account":
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class Account(AbstractBaseUser, PermissionsMixin, Identified):
    """Somebody who can sign in. Who that is in the district stands in ``district.Person``."""

    username = models.CharField(_("login name"), max_length=64, unique=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may open the back office"), default=False)
    created = models.DateTimeField(auto_now_add=True)
    # An initial password was printed for somebody else to hand over, so it opens one page only: choosing one's own.
    must_change_password = models.BooleanField(_("must choose a new password"), default=False)
    password_changed = models.DateTimeField(_("password chosen on"), null=True, blank=True)

    objects = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return self.username


class AuditEvent(models.Model):
    """One thing somebody did or looked at; written in the writer's transaction, never changed.

    ``data`` carries random person keys and numbers only, so that erasing a person leaves history whole.
    """

    at = models.DateTimeField(db_index=True)
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    roles = models.CharField(max_length=200, blank=True)
    verb = models.CharField(max_length=64, db_index=True)
    object_type = models.CharField(max_length=64, blank=True)
    object_uid = models.UUIDField(null=True, blank=True, db_index=True)
    data = models.JSONField(default=dict)
    seal = models.ForeignKey("AuditSeal", null=True, on_delete=models.PROTECT, related_name="events")

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["id"]
        indexes = [models.Index(fields=["id"], name="core_audit_unsealed", condition=models.Q(seal=None))]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.verb}"


class AuditSeal(models.Model):
    """A batch of audit rows closed by a hash that includes the previous seal's (a chain)."""

    at = models.DateTimeField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    digest = models.CharField(max_length=64, unique=True)
    # [id, first 16 digits of the row's own hash]: says which row of a broken batch was touched.
    leaves = models.JSONField(default=list)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.digest[:12]


class TaskState(models.TextChoices):
    """Where a task stands."""

    READY = "ready", _("waiting")
    RUNNING = "running", _("running")
    SUCCEEDED = "succeeded", _("done")
    FAILED = "failed", _("failed")


class Task(models.Model):
    """A unit of background work. A row whose lease has run out is free for any worker to take.

    ``worker`` and ``attempts`` together name one attempt; a write for one that is over changes nothing.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    path = models.CharField(max_length=200)
    queue = models.CharField(max_length=32, default="default")
    priority = models.SmallIntegerField(default=0)
    arguments = models.JSONField(default=dict)
    idempotency_key = models.CharField(max_length=200, null=True, unique=True)
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=16, blank=True)
    state = models.CharField(max_length=16, choices=TaskState.choices, default=TaskState.READY)
    run_after = models.DateTimeField()
    enqueued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    lease_until = models.DateTimeField(null=True)
    progress = models.FloatField(default=0)
    message = models.CharField(max_length=200, blank=True)
    checkpoint = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    error_class = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)
    done_url = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        indexes = [
            models.Index(
                fields=["-priority", "id"], name="core_task_ready", condition=models.Q(state="ready")
            ),
            models.Index(
                fields=["lease_until"], name="core_task_running", condition=models.Q(state="running")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.uid}"
