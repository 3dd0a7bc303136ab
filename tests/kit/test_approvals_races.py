"""Two at the same moment: one of them wins, the other is told, nothing happens twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from tests import factories
from tests.factories import DAY
from xuequ.core.errors import Refused
from xuequ.district.choices import Relation, Role
from xuequ.kit.approvals import actions
from xuequ.kit.approvals.choices import CaseState
from xuequ.kit.approvals.models import Case
from xuequ.kit.credentials import bindings, cards
from xuequ.kit.credentials.models import Binding, LoginCard

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one writer in at a time"),
]


def at_once(*moves: Callable[[], object]) -> list[str]:
    """Run moves in threads that begin together; return how each ended."""
    barrier = Barrier(len(moves))

    def run(move: Callable[[], object]) -> str:
        barrier.wait()
        try:
            move()
        except Refused:
            return "refused"
        else:
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(moves)) as pool:
        return sorted(pool.map(run, moves))


def test_two_decide_two_use_the_last_place_and_two_print() -> None:
    factories.make_district()
    school_class = factories.make_class()
    school = school_class.school
    pupil = factories.make_pupil(school_class, name="陈小云")
    teacher = factories.make_actor(Role.CLASS_TEACHER, school=school, school_class=school_class)
    office = factories.make_actor(Role.SCHOOL_ADMINISTRATOR, school=school)

    code = bindings.issue(actor=teacher, school_class=school_class, pupils=[pupil])[0].secret

    def ask(name: str) -> Binding:
        claim = bindings.Claim(code, "陈小云", Relation.OTHER, name)
        return bindings.ask_as_newcomer(
            claim=claim, newcomer=bindings.Newcomer(name, "", name, None), day=DAY
        )

    ask("first")
    assert at_once(lambda: ask("second"), lambda: ask("third")) == ["done", "refused"]
    assert Binding.objects.count() == 2

    case = Case.objects.order_by("id")[0]
    turn = case.turn
    moves = [
        lambda: actions.approve(actor=teacher, case=Case.objects.get(pk=case.pk), turn=turn),
        lambda: actions.refuse(actor=office, case=Case.objects.get(pk=case.pk), turn=turn, words="否"),
    ]
    assert at_once(*moves) == ["done", "refused"]
    case.refresh_from_db()
    assert case.state in {CaseState.APPROVED, CaseState.REFUSED}
    assert case.decisions.count() == 2

    def issue() -> object:
        return cards.issue(actor=teacher, school_class=school_class, pupils=[pupil])

    assert at_once(issue, issue) == ["done", "done"]
    card = LoginCard.objects.get(revoked=None)
    assert LoginCard.objects.count() == 2

    from xuequ.kit.credentials.models import Knock

    knock = cards._knock(card, school_class, cards.clock.now(), DAY)
    cards.let_in(actor=teacher, school_class=school_class, knocks=[str(knock.uid)])
    enter = lambda: cards.enter(knock_uid=str(knock.uid), day=DAY)  # noqa: E731
    assert at_once(enter, enter) == ["done", "refused"]
    assert Knock.objects.get().state == "used"
