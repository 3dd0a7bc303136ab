"""The ledger: rooms, devices, their use, moves, inventories and bookings. Projects stand in ``projects_models``."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import School, SchoolClass
from xuequ.record.models import ImportBatch
from xuequ.systems.programmes.choices import (
    RUNNING_MOVES,
    DeviceKind,
    DeviceState,
    InventoryKind,
    Matter,
    MoveKind,
    MoveState,
    Purpose,
    RoomKind,
    Side,
    Told,
)
from xuequ.systems.programmes.projects_models import (
    Acceptance,
    Contract,
    Fund,
    Issue,
    Milestone,
    Opinion,
    Passage,
    Payment,
    Project,
    Proof,
    UseReport,
)

__all__ = [
    "Acceptance", "Booking", "Contract", "Device", "Fund", "ImportedChange", "Inventory", "InventoryLine", "Issue",
    "Milestone", "Move", "Opinion", "Passage", "Payment", "Project", "Proof", "Reminded", "Room", "Use", "UseReport",
]  # fmt: skip


class Room(Identified):
    """A room of a school. ``shows``: online and able to show material to a whole class (网络多媒体教室)."""

    school = models.ForeignKey(
        School, on_delete=models.CASCADE, related_name="rooms", verbose_name=_("school")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=RoomKind.choices)
    name = models.CharField(_("name"), max_length=60)
    place = models.CharField(_("building and floor"), max_length=60, blank=True)
    seats = models.PositiveSmallIntegerField(_("seats"), null=True, blank=True)
    shows = models.BooleanField(_("online, with a screen for the whole class"), default=False)
    lendable = models.BooleanField(_("other schools may book it"), default=False)
    opened = models.DateField(_("in use since"), null=True, blank=True)
    closed = models.DateField(_("out of use since"), null=True, blank=True)
    project = models.ForeignKey(
        Project,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="rooms",
        verbose_name=_("project"),
    )
    batch = models.ForeignKey(ImportBatch, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering = ["school__code", "kind", "name"]
        constraints = [
            models.UniqueConstraint(fields=["school", "name"], name="programmes_room_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Device(Identified):
    """One entry of the ledger: a device, a set of equal ones (``quantity``), or a licence.

    ``value_yuan`` is the original value of all pieces together. ``school`` owns it, also while it is lent.
    """

    school = models.ForeignKey(
        School, on_delete=models.CASCADE, related_name="devices", verbose_name=_("school")
    )
    room = models.ForeignKey(
        Room,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="devices",
        verbose_name=_("room"),
    )
    kind = models.CharField(_("kind"), max_length=16, choices=DeviceKind.choices)
    name = models.CharField(_("name"), max_length=80)
    model = models.CharField(_("make and model"), max_length=80, blank=True)
    number = models.CharField(_("asset number"), max_length=40, blank=True)
    quantity = models.PositiveIntegerField(_("pieces"), default=1, validators=[MinValueValidator(1)])
    value_yuan = models.DecimalField(
        _("original value in yuan"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    bought = models.DateField(_("bought on"), null=True, blank=True)
    warranty = models.DateField(_("warranty until"), null=True, blank=True)
    ends = models.DateField(_("licence ends on"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=12, choices=DeviceState.choices, default=DeviceState.IN_USE
    )
    lent_to = models.ForeignKey(
        School,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="borrowed_devices",
        verbose_name=_("lent to"),
    )
    bookable = models.BooleanField(_("a set that can be booked"), default=False)
    offered = models.BooleanField(_("not needed here: other schools may ask for it"), default=False)
    project = models.ForeignKey(
        Project,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="devices",
        verbose_name=_("bought by the project"),
    )
    scrapped = models.DateField(_("scrapped on"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    batch = models.ForeignKey(ImportBatch, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("entry of the ledger")
        verbose_name_plural = _("entries of the ledger")
        ordering = ["school__code", "kind", "name", "number", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["school", "number"],
                condition=~models.Q(number=""),
                name="programmes_device_number",
            ),
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="programmes_device_quantity"),
        ]
        indexes = [models.Index(fields=["school", "state", "kind"], name="programmes_device_list")]

    def __str__(self) -> str:
        return f"{self.name} ×{self.quantity}" if self.quantity > 1 else self.name


def _one_of_two() -> models.Q:
    return models.Q(room=None, device__isnull=False) | models.Q(room__isnull=False, device=None)


class Use(models.Model):
    """A room or a device was used on a day, as somebody of the school said with one tap, or as its list said."""

    room = models.ForeignKey(Room, null=True, blank=True, on_delete=models.CASCADE, related_name="uses")
    device = models.ForeignKey(Device, null=True, blank=True, on_delete=models.CASCADE, related_name="uses")
    day = models.DateField(_("day"))
    entered_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    entered = models.DateTimeField()
    batch = models.ForeignKey(ImportBatch, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("entry of use")
        verbose_name_plural = _("entries of use")
        constraints = [
            models.CheckConstraint(condition=_one_of_two(), name="programmes_use_of_one_thing"),
            models.UniqueConstraint(fields=["room", "day"], name="programmes_room_used_once_a_day"),
            models.UniqueConstraint(fields=["device", "day"], name="programmes_device_used_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.room_id or self.device_id} {self.day}"


class ImportedChange(models.Model):
    """What an import made of a row that was there: each field as it was and as it became, so that it can be undone."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="+")
    room = models.ForeignKey(Room, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(Device, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        verbose_name = _("change by an import")
        verbose_name_plural = _("changes by imports")
        constraints = [models.CheckConstraint(condition=_one_of_two(), name="programmes_change_of_one_thing")]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.room_id or self.device_id}"


class Booking(Identified):
    """A room or a set of devices taken by a school from ``start`` until (not including) ``end``."""

    room = models.ForeignKey(
        Room, null=True, blank=True, on_delete=models.CASCADE, related_name="bookings", verbose_name=_("room")
    )
    device = models.ForeignKey(
        Device,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="bookings",
        verbose_name=_("set of devices"),
    )
    school = models.ForeignKey(
        School, on_delete=models.CASCADE, related_name="bookings", verbose_name=_("school")
    )
    school_class = models.ForeignKey(
        SchoolClass,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=pgettext_lazy("group of pupils", "class"),
    )
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose.choices)
    title = models.CharField(_("what is done"), max_length=80, blank=True)
    start = models.DateTimeField(_("from"))
    end = models.DateTimeField(_("until"))
    lessons = models.PositiveSmallIntegerField(_("lessons"), default=1, validators=[MinValueValidator(1)])
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    created = models.DateTimeField()
    cancelled = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["start", "id"]
        constraints = [
            models.CheckConstraint(condition=_one_of_two(), name="programmes_booking_of_one_thing"),
            models.CheckConstraint(
                condition=models.Q(end__gt=models.F("start")), name="programmes_booking_times"
            ),
        ]
        indexes = [
            models.Index(fields=["room", "start"], name="programmes_booking_room"),
            models.Index(fields=["device", "start"], name="programmes_booking_device"),
        ]

    def __str__(self) -> str:
        return f"{self.room_id or self.device_id} {self.start:%Y-%m-%d %H:%M}"


class Move(Identified):
    """A device on its way from one school to another: asked for, agreed by the other side, signed by both."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="moves")
    kind = models.CharField(_("kind"), max_length=12, choices=MoveKind.choices)
    giving = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+", verbose_name=_("from"))
    receiving = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+", verbose_name=_("to"))
    reason = models.CharField(_("reason"), max_length=200)
    until = models.DateField(_("lent until"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=MoveState.choices, default=MoveState.ASKED)
    side = models.CharField(pgettext_lazy("move", "asked by"), max_length=12, choices=Side.choices)
    asked = models.DateTimeField()
    asked_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    decided = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(_("words"), max_length=200, blank=True)
    sent = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    received = models.DateTimeField(null=True, blank=True)
    received_by = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    done = models.DateTimeField(null=True, blank=True)
    returned = models.DateTimeField(null=True, blank=True)
    returned_by = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("move of equipment")
        verbose_name_plural = _("moves of equipment")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["device"],
                condition=models.Q(state__in=[str(state) for state in RUNNING_MOVES]),
                name="programmes_one_running_move",
            ),
            models.CheckConstraint(
                condition=~models.Q(giving=models.F("receiving")), name="programmes_move_between_two"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.giving_id}→{self.receiving_id}"


class Inventory(Identified):
    """A count on the spot: all entries of a school, or some of them drawn at random (``seed``) by the district."""

    school = models.ForeignKey(
        School, on_delete=models.CASCADE, related_name="inventories", verbose_name=_("school")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=InventoryKind.choices)
    day = models.DateField(_("day"))
    seed = models.BigIntegerField(default=0)
    population = models.PositiveIntegerField(_("entries to draw from"), default=0)
    opened_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    opened = models.DateTimeField()
    closed = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("inventory")
        verbose_name_plural = _("inventories")
        ordering = ["-day", "-id"]

    def __str__(self) -> str:
        return f"{self.school} {self.day}"


class InventoryLine(Identified):
    """One entry of an inventory: was it found, and was it used within the window of the idle rate."""

    inventory = models.ForeignKey(Inventory, on_delete=models.CASCADE, related_name="lines")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")
    found = models.BooleanField(pgettext_lazy("inventory", "found"), null=True, blank=True)
    used = models.BooleanField(_("used lately"), null=True, blank=True)
    words = models.CharField(_("remark"), max_length=200, blank=True)
    done_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("line of an inventory")
        verbose_name_plural = _("lines of an inventory")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["inventory", "device"], name="programmes_inventory_line"),
        ]

    def __str__(self) -> str:
        return f"{self.inventory_id} {self.device_id}"


class Reminded(models.Model):
    """Somebody was reminded of a thing (``about``) that was due on ``due``: once, and once its project's lead."""

    kind = models.CharField(max_length=12, choices=Matter.choices)
    about = models.UUIDField()
    due = models.DateField(_("due on"))
    step = models.CharField(max_length=8, choices=Told.choices)
    day = models.DateField(_("reminded on"))

    class Meta:
        verbose_name = _("reminder that was given")
        verbose_name_plural = _("reminders that were given")
        constraints = [
            models.UniqueConstraint(fields=["kind", "about", "due", "step"], name="programmes_reminded_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about} {self.step}"
