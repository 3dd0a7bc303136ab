"""Persons and the one table in which their names and numbers stand."""

import unicodedata
import uuid
from collections.abc import Iterable, Mapping, Sequence

from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.core import crypto
from xuequ.core.models import Account

DETAILS: dict[str, object] = {
    "sex": _("sex"),  # "male" or "female"
    "born": _("birthday"),  # ISO date
    "phone": _("telephone number"),  # of guardians and teachers, never of a child
}
"""What may be sealed beside name and number. Numbers of identity cards are not kept: 学籍号 identifies a pupil."""


class Person(models.Model):
    """Somebody, known elsewhere only by a random ``key``; what they are called stands in ``Identity``."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.OneToOneField(
        Account, null=True, blank=True, on_delete=models.SET_NULL, related_name="person"
    )

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")

    def __str__(self) -> str:
        return str(self.key)

    @property
    def name(self) -> str:
        """The person's name, or the erased mark; one query unless ``identity`` was selected with the person."""
        identity = getattr(self, "identity", None)
        return identity.fields["name"] if identity is not None else str(_("(erased)"))


class Identity(models.Model):
    """Name and numbers of one person, encrypted under a key of their own. Deleting the row erases the person."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="identity", primary_key=True)
    sealed = models.BinaryField()
    name_index = models.CharField(max_length=24, db_index=True)
    number_index = models.CharField(max_length=24, db_index=True, blank=True)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")

    def __str__(self) -> str:
        return str(self.person_id)

    @property
    def fields(self) -> dict[str, str]:
        """The decrypted fields: ``name``, ``number`` (may be empty), and those of ``DETAILS`` that are known."""
        if not hasattr(self, "_fields"):
            self._fields = crypto.unseal(bytes(self.sealed))
        return self._fields

    @classmethod
    def of(
        cls,
        person: Person,
        *,
        name: str,
        number: str = "",
        scope: str = "",
        details: Mapping[str, str] | None = None,
    ) -> "Identity":
        """Build (not save) the identity of ``person``; ``scope`` keeps an external study's numbers apart.

        ``details`` may hold what ``DETAILS`` lists; what is empty is not kept.
        """
        known = {key: value for key, value in (details or {}).items() if value}
        assert known.keys() <= DETAILS.keys(), known.keys() - DETAILS.keys()
        return cls(
            person=person,
            sealed=crypto.seal({"name": name, "number": number, **known}),
            name_index=name_index(name, scope),
            number_index=number_index(number, scope),
        )


def plain(text: str) -> str:
    """Return a name or number as it is compared: full-width forms folded, spaces and middle dots dropped, capitals."""
    if text.isalnum() and unicodedata.is_normalized("NFKC", text):
        return text.upper()  # nearly all
    folded = unicodedata.normalize("NFKC", text)
    return "".join(char for char in folded if not char.isspace() and char not in "·•・‧.").upper()


def name_index(name: str, scope: str = "") -> str:
    """Return the blind index of a name, so that a name can be found exactly without being stored in clear."""
    return crypto.blind_index(f"name:{scope}", plain(name))


def number_index(number: str, scope: str = "") -> str:
    """Return the blind index of a pupil's or teacher's number; empty for no number."""
    return crypto.blind_index(f"number:{scope}", plain(number)) if plain(number) else ""


def create_people(names: Sequence[tuple[str, str]], scope: str = "") -> list[Person]:
    """Create persons with their identities in bulk from ``(name, number)`` pairs, in order."""
    people = Person.objects.bulk_create([Person() for _pair in names], batch_size=2000)
    identities = (
        Identity.of(person, name=name, number=number, scope=scope)
        for person, (name, number) in zip(people, names, strict=True)
    )
    Identity.objects.bulk_create(identities, batch_size=2000)
    return people


def names_of(person_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of many persons in one query, by primary key; erased persons are absent."""
    found = Identity.objects.filter(person_id__in=list(person_ids))
    return {identity.person_id: identity.fields["name"] for identity in found}
