"""Requests: who decides in which order, what is written down, and what follows from it."""

import datetime as dt

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests import factories
from tests.factories import DAY
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.kit.approvals import actions, holding, queries
from xuequ.kit.approvals.choices import CaseState, Verdict
from xuequ.kit.approvals.deadlines import working_days_after
from xuequ.kit.approvals.models import Case, Decision
from xuequ.kit.approvals.procedures import (
    Holder,
    IfNobody,
    OnTimeout,
    Procedure,
    Scope,
    Step,
    _known,
    register,
)

pytestmark = pytest.mark.django_db

effects: list[tuple[str, str]] = []


def approved(*, case: Case, actor: Actor) -> None:
    if case.data.get("impossible"):
        raise Refused("not possible any more")
    effects.append(("approved", str(case.uid)))


def refused(*, case: Case, actor: Actor) -> None:
    effects.append(("refused", str(case.uid)))


def withdrawn(*, case: Case, actor: Actor) -> None:
    effects.append(("withdrawn", str(case.uid)))


FUNDING = Procedure(
    code="test-funding",
    title="funding",
    steps=(
        Step("subject", "subject head", (Holder(Role.SUBJECT_HEAD, Scope.SUBJECT),), 2, IfNobody.NEXT),
        Step("year", "year head", (Holder(Role.YEAR_HEAD, Scope.GRADE),), 2, IfNobody.NEXT),
        Step("school", "head", (Holder(Role.HEAD), Holder(Role.SCHOOL_ADMINISTRATOR)), 3),
        Step(
            "large",
            "leader",
            (Holder(Role.BUREAU_LEADER, Scope.DISTRICT),),
            applies=lambda case: case.data.get("yuan", 0) >= 10_000,
        ),
        Step("district", "district", (Holder(Role.DISTRICT_OFFICER, Scope.DISTRICT),), 5),
    ),
    on_approved=f"{__name__}.approved",
    on_refused=f"{__name__}.refused",
    on_withdrawn=f"{__name__}.withdrawn",
)
SILENT = Procedure(
    code="test-silent",
    title="agreed by silence",
    steps=(Step("school", "head", (Holder(Role.HEAD),), 3, on_timeout=OnTimeout.APPROVE),),
    on_approved=f"{__name__}.approved",
)


@pytest.fixture(autouse=True)
def _procedures():
    effects.clear()
    for procedure in (FUNDING, SILENT):
        register(procedure)
    yield
    for procedure in (FUNDING, SILENT):
        del _known[procedure.code, procedure.version]


@pytest.fixture
def school() -> School:
    return factories.make_school()


@pytest.fixture
def head(school: School) -> Actor:
    return factories.make_actor(Role.HEAD, school=school)


@pytest.fixture
def officer() -> Actor:
    return factories.make_actor(Role.DISTRICT_OFFICER)


@pytest.fixture
def teacher(school: School) -> Actor:
    return factories.make_actor(Role.TEACHER, school=school)


def ask(actor: Actor, school: School, procedure: str = "test-funding", **kwargs: object) -> Case:
    about = kwargs.pop("about", None) or factories.make_class(school, number=Case.objects.count() + 1)
    return actions.open_case(actor=actor, procedure=procedure, about=about, school=school, **kwargs)


def verdicts(case: Case) -> list[str]:
    return list(case.decisions.order_by("id").values_list("verdict", flat=True))


def test_a_request_goes_from_step_to_step_and_takes_effect_once(school, head, officer, teacher) -> None:
    case = ask(teacher, school)
    assert case.route == ["subject", "year", "school", "district"]
    assert (case.step, case.due) == ("school", working_days_after(DAY, 3)), "nobody holds the first two"
    actions.approve(actor=head, case=case, turn=case.turn)
    assert (case.state, case.step) == (CaseState.OPEN, "district")
    actions.approve(actor=officer, case=case, turn=case.turn, words="同意")
    assert (case.state, case.due) == (CaseState.APPROVED, None)
    assert verdicts(case) == ["opened", "passed", "passed", "approved", "approved"]
    assert effects == [("approved", str(case.uid))]
    assert AuditEvent.objects.filter(verb__startswith="case.").count() == 3


def test_a_condition_adds_a_step(school, head, officer, teacher) -> None:
    case = ask(teacher, school, data={"yuan": 12_000})
    assert case.route == ["subject", "year", "school", "large", "district"]


def test_roles_count_on_the_place_of_the_request_only(school, teacher) -> None:
    subject, other = factories.make_subject(), factories.make_subject("chinese")
    own = factories.make_actor(Role.SUBJECT_HEAD, school=school, subject=subject)
    strangers = [
        factories.make_actor(Role.SUBJECT_HEAD, school=school, subject=other),
        factories.make_actor(Role.SUBJECT_HEAD, school=factories.make_school(), subject=subject),
        factories.make_actor(Role.HEAD, school=school),
        factories.make_actor(Role.DISTRICT_OFFICER),
        factories.make_actor(Role.GUARDIAN),
        Actor(account_id=None, person_id=None, day=DAY),
    ]
    case = ask(teacher, school, subject=subject)
    assert case.step == "subject"
    for stranger in strangers:
        assert not queries.may_decide(stranger, case)
        with pytest.raises(Forbidden):
            actions.approve(actor=stranger, case=case)
    assert list(queries.waiting_for(own)) == [case]


def test_year_heads_and_campuses(school, teacher) -> None:
    campus = factories.make_school()
    campus.campus_of = school
    campus.save()
    year = factories.make_actor(Role.YEAR_HEAD, school=school, entry_year=2024)
    case = ask(teacher, campus, entry_year=2024)
    assert case.step == "year"
    assert queries.may_decide(year, case)
    assert not queries.may_decide(factories.make_actor(Role.YEAR_HEAD, school=school, entry_year=2023), case)


def test_a_request_about_the_same_thing_waits_for_the_first(school, head, teacher) -> None:
    about = factories.make_class(school)
    ask(teacher, school, about=about)
    with pytest.raises(Refused, match="already waiting"):
        ask(teacher, school, about=about)
    assert Case.objects.count() == 1


def test_returned_revised_and_handed_in_again(school, head, officer, teacher) -> None:
    case = ask(teacher, school, data={"yuan": 1})
    with pytest.raises(Refused, match="why"):
        actions.return_(actor=head, case=case, words="  ")
    actions.return_(actor=head, case=case, words="请写明用途")
    assert (case.state, case.step) == (CaseState.RETURNED, "")
    assert list(queries.returned_to(teacher)) == [case]
    with pytest.raises(Refused):
        actions.approve(actor=head, case=case)
    with pytest.raises(Forbidden):
        actions.resubmit(actor=head, case=case)
    actions.resubmit(actor=teacher, case=case, data={"yuan": 20_000})
    assert (case.state, case.step) == (CaseState.OPEN, "school")
    assert case.route[-2] == "large", "what applies is found anew"


def test_refused_and_withdrawn_end_it(school, head, teacher) -> None:
    first, second = ask(teacher, school), ask(teacher, school)
    actions.refuse(actor=head, case=first, words="经费已用完")
    with pytest.raises(Forbidden):
        actions.withdraw(actor=head, case=second)
    actions.withdraw(actor=teacher, case=second)
    assert effects == [("refused", str(first.uid)), ("withdrawn", str(second.uid))]
    for case in (first, second):
        with pytest.raises(Refused, match="moved on"):
            actions.approve(actor=head, case=case)


def test_nobody_decides_about_a_request_of_their_own(school, head, officer) -> None:
    administrator = factories.make_actor(Role.SCHOOL_ADMINISTRATOR, school=school)
    case = ask(head, school)
    assert not queries.waiting_for(head).exists()
    with pytest.raises(Forbidden, match="own"):
        actions.approve(actor=head, case=case)
    actions.approve(actor=administrator, case=case)
    assert case.step == "district"


def test_nor_does_the_deputy_of_the_author(school, head, officer) -> None:
    lender = head.assignments[0]
    deputy_account = factories.make_account(Role.TEACHER, school=school)
    factories.give_role(deputy_account, Role.HEAD, school=school, lent_from=lender)
    deputy = Actor.of(deputy_account, DAY)
    own, others = ask(head, school), ask(factories.make_actor(Role.TEACHER, school=school), school)
    assert list(queries.waiting_for(deputy)) == [others]
    actions.approve(actor=deputy, case=others)
    taken = Decision.objects.get(case=others, verdict=Verdict.APPROVED)
    assert (taken.lent, taken.roles) == (True, "head/lent,teacher")
    rules = queries.procedure_of(own)
    assert not holding.deciders(own, rules, rules.step("school"), DAY).exists()


def test_the_second_of_two_who_decide_at_once_is_told(school, head, officer, teacher) -> None:
    case = ask(teacher, school)
    stale = Case.objects.get(pk=case.pk)
    administrator = factories.make_actor(Role.SCHOOL_ADMINISTRATOR, school=school)
    actions.approve(actor=head, case=case, turn=case.turn)
    with pytest.raises(Refused, match="moved on"):
        actions.refuse(actor=administrator, case=stale, turn=stale.turn, words="不同意")
    assert verdicts(case).count("approved") == 1 and effects == []


def test_a_step_is_handed_to_a_colleague(school, head, teacher, officer) -> None:
    colleague = factories.make_account(Role.MORAL_EDUCATION, school=school)
    stranger = factories.make_account(Role.TEACHER, school=factories.make_school())
    case = ask(teacher, school)
    for wrong in (stranger, factories.make_account(Role.GUARDIAN)):
        with pytest.raises(Refused, match="colleague"):
            actions.delegate(actor=head, case=case, to=wrong)
    actions.delegate(actor=head, case=case, to=colleague, words="请代为审核")
    delegate = Actor.of(colleague, DAY)
    assert list(queries.waiting_for(delegate)) == [case]
    actions.approve(actor=delegate, case=case)
    assert (case.step, case.delegate) == ("district", None), "one step only"
    assert not queries.waiting_for(delegate).exists()
    assert queries.case(delegate, case.uid) == case, "who decided may look back"


def test_a_delegate_who_has_left_the_school_decides_no_more(school, head, teacher, officer) -> None:
    colleague = factories.make_account()
    role = factories.give_role(colleague, Role.TEACHER, school=school)
    case = ask(teacher, school)
    actions.delegate(actor=head, case=case, to=colleague)
    role.end = DAY
    role.save()
    with pytest.raises(Forbidden):
        actions.approve(actor=Actor.of(colleague, DAY), case=case)


def test_an_effect_that_is_refused_leaves_everything_as_it_was(school, head, officer, teacher) -> None:
    case = ask(teacher, school, data={"impossible": True})
    actions.approve(actor=head, case=case)
    before = (case.turn, verdicts(case))
    with pytest.raises(Refused, match="not possible"):
        actions.approve(actor=officer, case=case)
    case.refresh_from_db()
    assert (case.state, case.turn, verdicts(case)) == (CaseState.OPEN, *before)


def test_silence_is_agreement_only_where_the_procedure_says_so(school, head, officer, teacher) -> None:
    silent, other = ask(teacher, school, "test-silent"), ask(teacher, school)
    assert actions.agree_overdue(silent.due) == 0
    late = silent.due + dt.timedelta(days=1)
    assert actions.agree_overdue(late) == 1
    assert actions.agree_overdue(late) == 0
    silent.refresh_from_db()
    other.refresh_from_db()
    assert (silent.state, other.state) == (CaseState.APPROVED, CaseState.OPEN)
    assert silent.decisions.get(verdict=Verdict.APPROVED).account is None


def test_like_requests_are_approved_together(school, head, officer, teacher) -> None:
    cases = [ask(teacher, school) for _number in range(3)]
    chosen = [(case, case.turn) for case in cases]
    actions.approve(actor=head, case=Case.objects.get(pk=cases[1].pk))
    refusals = actions.approve_many(actor=head, cases=chosen)
    assert len(refusals) == 1 and "moved on" in refusals[0]
    with pytest.raises(Refused, match="same kind"):
        actions.approve_many(actor=head, cases=[*chosen, (ask(teacher, school, "test-silent"), 1)])


def test_remarks_do_not_move_it_and_the_timeline_names_people(school, head, officer, teacher) -> None:
    case = ask(teacher, school)
    actions.remark(actor=head, case=case, words="已与校长室沟通")
    with pytest.raises(Forbidden):
        actions.remark(actor=factories.make_actor(Role.TEACHER, school=school), case=case, words="?")
    entries = queries.timeline(case)
    assert [entry.verdict for entry in entries] == ["opened", "passed", "passed", "remarked"]
    assert entries[0].who.startswith("account-")
    assert case.step == "school"


def test_working_days() -> None:
    assert working_days_after(dt.date(2026, 3, 6), 1) == dt.date(2026, 3, 9)
    assert working_days_after(dt.date(2026, 3, 2), 5) == dt.date(2026, 3, 9)


def test_procedures_that_could_get_stuck_are_not_accepted() -> None:
    head = (Holder(Role.HEAD),)
    for steps in (
        (),
        (Step("a", "a", head), Step("a", "a", head)),
        (Step("a", "a", head, 1, IfNobody.NEXT),),
    ):
        with pytest.raises(ValueError, match="test"):
            register(Procedure("test", "test", steps))


class Requests(RuleBasedStateMachine):
    """Whatever people do in whatever order: the history is a valid path, one step is open, effects happen once."""

    @initialize(yuan=st.sampled_from([1, 20_000]), heads=st.booleans())
    def a_school(self, yuan: int, heads: bool) -> None:
        from django.db import transaction

        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        effects.clear()
        school = factories.make_school()
        roles: list[tuple[Role, dict[str, object]]] = [
            (Role.TEACHER, {"school": school}),
            (Role.SCHOOL_ADMINISTRATOR, {"school": school}),
            (Role.BUREAU_LEADER, {}),
            (Role.DISTRICT_OFFICER, {}),
        ]
        if heads:
            roles += [(Role.SUBJECT_HEAD, {"school": school}), (Role.HEAD, {"school": school})]
        self.people = [factories.make_actor(role, **place) for role, place in roles]
        self.case = ask(self.people[0], school, data={"yuan": yuan})

    @rule(
        who=st.integers(0, 5),
        what=st.sampled_from(
            ["approve", "approve", "return_", "refuse", "withdraw", "resubmit", "delegate", "remark"]
        ),
        stale=st.booleans(),
        to=st.integers(0, 5),
    )
    def somebody_acts(self, who: int, what: str, stale: bool, to: int) -> None:
        actor = self.people[who % len(self.people)]
        before = (self.case.state, self.case.turn)
        more: dict[str, object] = {} if what == "remark" else {"turn": self.case.turn - stale}
        if what == "delegate":
            more["to"] = factories.Account.objects.get(pk=self.people[to % len(self.people)].account_id)
        try:
            getattr(actions, what)(actor=actor, case=self.case, words="话", **more)
        except (Refused, Forbidden):
            self.case.refresh_from_db()
            assert (self.case.state, self.case.turn) == before, "a refusal changes nothing"
        else:
            assert what == "remark" or not stale

    @invariant()
    def the_history_is_a_path(self) -> None:
        if not hasattr(self, "case"):
            return
        case, route = self.case, iter(())
        at, state = "", ""
        for row in case.decisions.order_by("id"):
            if row.verdict in {Verdict.OPENED, Verdict.RESUBMITTED}:
                assert state in {"", "returned"}
                route, state = iter(case.route), "open"
                at = next(route)
            elif row.verdict == Verdict.REMARKED:
                assert state in {"open", "returned"}
            elif row.verdict in {Verdict.APPROVED, Verdict.PASSED}:
                assert (state, row.step) == ("open", at)
                at = next(route, "")
                state = "open" if at else "approved"
            else:
                assert state == "open" or row.verdict == Verdict.WITHDRAWN
                state = {"returned": "returned", "delegated": "open"}.get(row.verdict, row.verdict)
                at = at if state == "open" else ""
            assert row.account_id != self.people[0].account_id or row.verdict in {
                Verdict.OPENED, Verdict.RESUBMITTED, Verdict.WITHDRAWN, Verdict.REMARKED
            }  # fmt: skip
        assert state == case.state
        if case.state == CaseState.OPEN:
            assert (case.step, case.due is not None) == (at, True)
        wanted = {"approved": 1, "refused": 1, "withdrawn": 1}.get(case.state, 0)
        assert effects == [(case.state, str(case.uid))] * wanted

    def teardown(self) -> None:
        from django.db import transaction

        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)


def test_whatever_people_do_in_whatever_order() -> None:
    from hypothesis import HealthCheck, settings

    run_state_machine_as_test(
        Requests,
        settings=settings(
            max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
