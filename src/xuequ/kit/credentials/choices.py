"""Closed lists of the ways in."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class KnockState(models.TextChoices):
    """Where a pupil's wish to come in stands."""

    WAITING = "waiting", pgettext_lazy("card login", "waiting")
    CONFIRMED = "confirmed", pgettext_lazy("card login", "confirmed")
    TURNED_AWAY = "turned_away", pgettext_lazy("card login", "turned away")
    USED = "used", pgettext_lazy("card login", "signed in")


class BindingState(models.TextChoices):
    """Where the tie between a guardian's account and a child stands."""

    PENDING = "pending", pgettext_lazy("guardian", "waits for the school")
    ACTIVE = "active", pgettext_lazy("guardian", "confirmed")
    REFUSED = "refused", pgettext_lazy("guardian", "refused")
    ENDED = "ended", pgettext_lazy("guardian", "ended")


class App(models.TextChoices):
    """Apps whose accounts may be connected with a login here."""

    WECOM = "wecom", _("WeCom")
    DINGTALK = "dingtalk", _("DingTalk")
    FEISHU = "feishu", _("Feishu")
