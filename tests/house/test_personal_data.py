"""Every table that knows people stands in the register of personal data, or here with the reason why not."""

from collections.abc import Iterator
from functools import cache

import pytest
from django.apps import apps
from django.db import models
from django.utils.translation import override

from xuequ.core.models import Account
from xuequ.core.registry import OnErasure, RuleStart, personal_data, rules
from xuequ.district.models import Person

# Columns that say which member of staff did something: by account, which is renamed when the person is erased.
DOERS = frozenset(
    {
        "actor", "answered_by", "asked_by", "changed_by", "closed_by", "confirmed_by", "counted_by",
        "created_by", "decided_by", "done_by", "edited_by", "entered_by", "granted_by", "handled_by", "issued_by",
        "opened_by", "owner", "published_by", "received_by", "recorded_by", "replied_by", "returned_by", "sent_by",
        "settled_by", "started_by", "stored_by", "submitted_by", "to", "undone_by", "uploaded_by", "written_by",
        "delegate",
    }
)  # fmt: skip
NOT_REGISTERED = {
    "district.Person": "a random key; what it leads to is registered table by table",
    "district.Erasure": "the ledger: random keys of the erased and nothing else",
    "district.RightsStep": "history of a request, by account; its words stand in the request",
    "district.RuleVersion": "which member of staff set a number, by account",
}
FOREIGN_WITHOUT_PEOPLE = {
    "account.EmailConfirmation": "goes with the e-mail address that it belongs to",
    "axes.AccessAttemptExpiration": "goes with the attempt that it belongs to",
    "sessions.Session": "ended one by one when an account is closed; what is in them cannot be looked up by table",
}
LONGEST_PATH = 4


def columns(model: type[models.Model]) -> list[models.ForeignKey]:
    return [f for f in model._meta.get_fields() if f.concrete and (f.many_to_one or f.one_to_one)]


@cache
def leads_to_a_person(model: type[models.Model], left: int = LONGEST_PATH) -> bool:
    """Whether a chain of foreign keys leads from the table to a person, not through an account."""
    if model is Person:
        return True
    if left == 0 or model is Account:
        return False
    return any(leads_to_a_person(c.related_model, left - 1) for c in columns(model))


def about_an_account(model: type[models.Model]) -> bool:
    """Whether rows belong to an account, other than by saying who did something."""
    return any(c.related_model is Account and c.name not in DOERS for c in columns(model))


def concerned() -> Iterator[str]:
    for model in apps.get_models():
        if leads_to_a_person(model) or about_an_account(model) or model is Account:
            yield model._meta.label


def test_every_table_that_knows_people_is_registered() -> None:
    registered = {entry.model for entry in personal_data()}
    missing = set(concerned()) - registered - set(NOT_REGISTERED) - set(FOREIGN_WITHOUT_PEOPLE)
    assert missing == set(), (
        "declare these in the personal_data of their app (core.registry.PersonalData), or give the reason in "
        "NOT_REGISTERED of this file"
    )


def test_the_exceptions_exist() -> None:
    labels = {model._meta.label for model in apps.get_models()}
    assert (set(NOT_REGISTERED) | set(FOREIGN_WITHOUT_PEOPLE)) <= labels


@pytest.mark.parametrize("entry", personal_data(), ids=lambda entry: entry.slug)
def test_an_entry_says_enough(entry) -> None:
    model = apps.get_model(entry.model)
    with override("en"):
        assert all(str(text) for text in (entry.what, entry.basis, entry.retention))
    for path in entry.person:
        assert model._default_manager.filter(**{path: 0}).query
    assert model._default_manager.filter(**entry.where).query
    names = {field.name for field in model._meta.concrete_fields}
    assert {*entry.clear, *entry.free_text} <= names
    assert {name for name in (entry.uid, entry.login, entry.file, entry.dated) if name} <= names
    if leads_to_a_person(model):
        assert entry.is_about_people, "rows can be found by person: say how, in `person`"
    if entry.on_erasure == OnErasure.CLEAR:
        assert entry.clear
    if entry.rule:
        assert entry.rule in rules()
        assert bool(entry.dated) == (rules()[entry.rule].start == RuleStart.WRITTEN)


def test_entries_have_names_of_their_own() -> None:
    slugs = [entry.slug for entry in personal_data()]
    assert sorted(set(slugs)) == sorted(slugs)
