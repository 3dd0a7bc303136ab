"""Closed lists of projects and equipment."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RoomKind(models.TextChoices):
    """What a room is for."""

    AI = "ai", _("AI classroom")
    MULTIMEDIA = "multimedia", _("multimedia classroom")
    COMPUTER = "computer", _("computer room")
    RECORDING = "recording", _("recording classroom")
    LABORATORY = "laboratory", _("laboratory")
    ARTS = "arts", _("music or art room")
    READING = "reading", _("reading corner")
    SPORT = "sport", _("sport area")
    OTHER = "other", pgettext_lazy("kind of room", "other room")


SHOWING_ROOMS = frozenset({RoomKind.AI, RoomKind.MULTIMEDIA, RoomKind.COMPUTER, RoomKind.RECORDING})
"""Rooms that are online and show material to a whole class unless somebody says otherwise (网络多媒体教室)."""


class DeviceKind(models.TextChoices):
    """What a device or licence is."""

    ROBOT = "robot", _("AI robots and kits")
    READING = "reading", _("reading machines")
    SPORT = "sport", _("sport machines")
    TABLET = "tablet", _("tablets")
    COMPUTER = "computer", _("computers")
    SCREEN = "screen", _("screens and projectors")
    RECORDING = "recording", _("recording equipment")
    NETWORK = "network", _("servers and network")
    INSTRUMENT = "instrument", _("teaching instruments")
    LICENCE = "licence", _("software licences")
    OTHER = "other", pgettext_lazy("kind of device", "other equipment")


class DeviceState(models.TextChoices):
    """Where a device is in its life."""

    IN_USE = "in_use", pgettext_lazy("device", "in use")
    IN_STORE = "in_store", pgettext_lazy("device", "in store")
    IN_REPAIR = "in_repair", pgettext_lazy("device", "in repair")
    LENT = "lent", pgettext_lazy("device", "lent")
    SCRAPPED = "scrapped", pgettext_lazy("device", "scrapped")


SET_BY_HAND = (DeviceState.IN_USE, DeviceState.IN_STORE, DeviceState.IN_REPAIR)
"""The other states follow from a loan and from scrapping."""


class MoveKind(models.TextChoices):
    """Whether a device changes its owner."""

    FOR_GOOD = "for_good", _("moved for good")
    LOAN = "loan", _("lent for a time")


class MoveState(models.TextChoices):
    """Where a move between two schools stands."""

    ASKED = "asked", pgettext_lazy("move", "asked for")
    AGREED = "agreed", pgettext_lazy("move", "agreed, to be handed over")
    DONE = "done", pgettext_lazy("move", "handed over")
    RETURNED = "returned", pgettext_lazy("move", "given back")
    REFUSED = "refused", pgettext_lazy("move", "refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("move", "withdrawn")


RUNNING_MOVES = (MoveState.ASKED, MoveState.AGREED)


class Side(models.TextChoices):
    """Who asked for a move."""

    GIVING = "giving", _("the giving school")
    RECEIVING = "receiving", _("the receiving school")
    DISTRICT = "district", _("the district")


class Matter(models.TextChoices):
    """What people are reminded of."""

    MILESTONE = "milestone", _("a late milestone")
    WARRANTY = "warranty", _("a warranty that runs out")
    LOAN = "loan", _("a loan that is overdue")


class Told(models.TextChoices):
    """Who was reminded: first who answers for the thing, later who leads the project."""

    OWNER = "owner", pgettext_lazy("reminded", "who answers for it")
    LEAD = "lead", pgettext_lazy("reminded", "who leads the project")


class InventoryKind(models.TextChoices):
    """Who counts, and what."""

    OWN = "own", _("the school's own inventory")
    SPOT = "spot", _("spot check of the district, drawn at random")


class Purpose(models.TextChoices):
    """What a room or a set of devices is booked for."""

    AI_LESSON = "ai_lesson", _("AI lesson")
    LESSON = "lesson", _("other lesson")
    CLUB = "club", _("club or interest group")
    TRAINING = "training", _("training or research of teachers")
    OTHER = "other", pgettext_lazy("purpose", "other purpose")


class Stage(models.TextChoices):
    """The stages of a project, in their order; the last three are ends."""

    APPLICATION = "application", pgettext_lazy("project", "application")
    APPRAISAL = "appraisal", pgettext_lazy("project", "appraisal by experts")
    PROCUREMENT = "procurement", pgettext_lazy("project", "procurement")
    DELIVERY = "delivery", pgettext_lazy("project", "delivery")
    ACCEPTANCE = "acceptance", pgettext_lazy("project", "acceptance")
    USE = "use", pgettext_lazy("project", "use")
    DONE = "done", pgettext_lazy("project", "closed")
    DECLINED = "declined", pgettext_lazy("project", "not taken up")
    STOPPED = "stopped", pgettext_lazy("project", "stopped")


PATH = (
    Stage.APPLICATION, Stage.APPRAISAL, Stage.PROCUREMENT, Stage.DELIVERY, Stage.ACCEPTANCE, Stage.USE, Stage.DONE,
)  # fmt: skip
ENDS = (Stage.DONE, Stage.DECLINED, Stage.STOPPED)


class Source(models.TextChoices):
    """Where money comes from."""

    BUDGET = "budget", _("public budget")
    SOCIETY = "society", _("society")
    ENTERPRISE = "enterprise", _("enterprises")


class Way(models.TextChoices):
    """How something is procured (政府采购方式)."""

    OPEN_TENDER = "open_tender", _("open tender")
    INVITED_TENDER = "invited_tender", _("invited tender")
    CONSULTATION = "consultation", _("competitive consultation")
    NEGOTIATION = "negotiation", _("competitive negotiation")
    INQUIRY = "inquiry", _("price inquiry")
    SINGLE_SOURCE = "single_source", _("single source")
    FRAMEWORK = "framework", _("framework agreement or online mall")
    GIFT = "gift", _("gift or provided by an enterprise")


class OpinionVerdict(models.TextChoices):
    """What an expert says of an application."""

    FOR = "for", pgettext_lazy("opinion", "for it")
    WITH_CHANGES = "with_changes", pgettext_lazy("opinion", "for it with changes")
    AGAINST = "against", pgettext_lazy("opinion", "against it")


class AcceptanceVerdict(models.TextChoices):
    """What the acceptance said."""

    PASSED = "passed", pgettext_lazy("acceptance", "passed")
    WITH_ISSUES = "with_issues", pgettext_lazy("acceptance", "passed, issues to be settled")
    FAILED = "failed", pgettext_lazy("acceptance", "not passed")
