"""Audit rows and the chain over them: what is touched by hand is found."""

from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import make_account, make_actor
from xuequ.core import audit, sealing
from xuequ.core.models import AuditEvent, AuditSeal
from xuequ.core.sealing import Break, Damage, seal_pending, verify_chain
from xuequ.district.choices import Role

pytestmark = pytest.mark.django_db


def write_events(count: int) -> list[AuditEvent]:
    actor = make_actor()
    return [audit.record(actor, "list.viewed", data={"row": i, "person": str(uuid4())}) for i in range(count)]


def by_hand(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def sealed(batches: int = 3, size: int = 4) -> list[AuditEvent]:
    events: list[AuditEvent] = []
    for _batch in range(batches):
        events += write_events(size)
        seal_pending()
    return events


def test_an_audit_row_says_who_did_what_to_which_object():
    account = make_account(Role.DATA_OFFICER)
    actor = make_actor(Role.HEAD)
    event = audit.record(actor, "account.closed", account, {"count": 1})
    assert (event.verb, event.object_type, event.object_uid) == (
        "account.closed",
        "core.account",
        account.uid,
    )
    assert (event.account_id, event.roles) == (actor.account_id, "head")


def test_the_chain_holds_when_nobody_touches_it(monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 5)
    write_events(12)
    assert seal_pending() == 12
    assert [seal.count for seal in AuditSeal.objects.all()] == [5, 5, 2]
    assert verify_chain() == []
    assert seal_pending() == 0


def test_rows_that_are_committed_late_with_lower_numbers_are_sealed_too():
    first, _second, third = write_events(3)
    AuditEvent.objects.filter(pk=first.pk).delete()
    seal_pending()
    first.save(force_insert=True)
    assert seal_pending() == 1
    assert AuditEvent.objects.get(pk=first.pk).seal_id > AuditEvent.objects.get(pk=third.pk).seal_id
    assert verify_chain() == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("verb", "nothing.happened"),
        ("roles", "teacher"),
        ("data", '{"rows": 0}'),
        ("at", "2026-01-01 00:00:00+00:00"),
        ("object_uid", "00000000000040008000000000000000"),
    ],
)
def test_an_altered_row_is_named(column, value):
    victim = sealed()[5]
    by_hand(f"UPDATE core_auditevent SET {column} = %s WHERE id = %s", value, victim.pk)
    victim.refresh_from_db()
    assert verify_chain() == [Break(victim.seal_id, victim.pk, Damage.ALTERED)]


def test_a_removed_row_is_named():
    victim = sealed()[0]
    victim.refresh_from_db()
    by_hand("DELETE FROM core_auditevent WHERE id = %s", victim.pk)
    assert verify_chain() == [Break(victim.seal_id, victim.pk, Damage.REMOVED)]


def test_a_row_taken_out_of_its_seal_to_be_sealed_anew_is_named():
    victim = sealed()[0]
    victim.refresh_from_db()
    by_hand("UPDATE core_auditevent SET seal_id = NULL, verb = 'other' WHERE id = %s", victim.pk)
    seal_pending()
    assert verify_chain() == [Break(victim.seal_id, victim.pk, Damage.REMOVED)]


def test_a_row_slipped_into_a_seal_is_named():
    victim = sealed()[0]
    victim.refresh_from_db()
    (intruder,) = write_events(1)
    by_hand("UPDATE core_auditevent SET seal_id = %s WHERE id = %s", victim.seal_id, intruder.pk)
    assert verify_chain() == [Break(victim.seal_id, intruder.pk, Damage.ADDED)]


def test_altering_a_row_and_its_leaf_still_breaks_the_seal():
    victim = sealed()[5]
    victim.refresh_from_db()
    AuditEvent.objects.filter(pk=victim.pk).update(verb="other")
    seal = AuditSeal.objects.get(pk=victim.seal_id)
    changed = AuditEvent.objects.get(pk=victim.pk)
    leaf = sealing._leaf(sealing.canonical(changed))
    seal.leaves = [[pk, leaf if pk == victim.pk else kept] for pk, kept in seal.leaves]
    seal.save()
    assert verify_chain() == [Break(seal.pk, None, Damage.SEAL)]


def test_a_rewritten_seal_breaks_the_one_after_it():
    victim = sealed()[0]
    victim.refresh_from_db()
    AuditEvent.objects.filter(pk=victim.pk).update(verb="other")
    seal = AuditSeal.objects.get(pk=victim.seal_id)
    lines = [sealing.canonical(event) for event in seal.events.order_by("id")]
    AuditSeal.objects.filter(pk=seal.pk).update(digest=sealing.chain("", lines))
    following = AuditSeal.objects.filter(pk__gt=seal.pk).earliest("pk")
    assert verify_chain() == [Break(following.pk, None, Damage.SEAL)]


def test_a_removed_seal_breaks_the_one_after_it():
    sealed()
    first, second = AuditSeal.objects.order_by("id")[:2]
    AuditEvent.objects.filter(seal=first).delete()
    first.delete()
    assert verify_chain() == [Break(second.pk, None, Damage.SEAL)]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
        st.one_of(
            st.integers(-(2**53), 2**53), st.booleans(), st.none(), st.floats(-1e6, 1e6, allow_nan=False),
            st.text(st.characters(exclude_categories=["Cs", "Cc"])),
        ),
    )
)  # fmt: skip
def test_what_is_sealed_reads_back_to_the_same_line(data):
    audit.record(make_actor(), "any.verb", data=data)
    seal_pending()
    assert verify_chain() == []
