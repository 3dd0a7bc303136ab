"""Runs: proposed, computed in a job, stored, repeated, published, refused."""

import datetime as dt

import pytest

from tests import factories
from tests.systems.growth.conftest import World, evaluate
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.models import AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.engines.growth.growth_design import GrowthDesign, Measure
from xuequ.record.choices import Basis, RunState
from xuequ.record.models import Indicator, Run
from xuequ.systems.growth import actions, queries
from xuequ.systems.growth.models import Evaluation
from xuequ.systems.growth.proposals import offered_designs

SYSTEM = Actor.system(dt.date(2026, 6, 1))


def design_of(outcome: object, prior: object, **more: object) -> GrowthDesign:
    return GrowthDesign((Measure(str(outcome.uid)),), (Measure(str(prior.uid)),), **more)


def test_the_proposal_joins_the_two_monitorings_of_the_same_pupils(world: World) -> None:
    offered = offered_designs(queries.designable(SYSTEM, None))
    assert len(offered) == 1
    assert {m.column for m in offered[0].design.outcomes} == {str(a.uid) for a in world.outcomes}
    assert {m.column for m in offered[0].design.priors} == {str(a.uid) for a in world.priors}
    assert offered[0].design.period == "2025-2026"
    assert all(offered[0].reasons)


def test_a_run_stores_its_findings(evaluation: Evaluation, world: World) -> None:
    assert evaluation.run.state == RunState.DONE
    assert evaluation.grade == 8
    rows = {row.school_id: row for row in evaluation.schools.all()}
    assert len(rows) == 13
    assert rows[world.schools[0].pk].verdict == "below"
    assert rows[world.schools[-1].pk].verdict == "above"
    tiny = rows[world.small.pk]
    assert (tiny.verdict, tiny.effect, tiny.n) == ("too-few", None, 4)
    assert evaluation.classes.count() == 13
    # The pupil whose outcome is missing is enrolled, and not in the model.
    assert (rows[world.schools[1].pk].enrolled, rows[world.schools[1].pk].n) == (24, 23)


def test_a_strong_intake_is_not_growth(evaluation: Evaluation, world: World) -> None:
    first = evaluation.schools.get(school=world.schools[0])
    last = evaluation.schools.get(school=world.schools[-1])
    assert first.prior_mean > last.prior_mean
    assert first.effect < 0 < last.effect


def test_the_same_run_repeated_gives_the_same_bytes(world: World) -> None:
    first, second = evaluate(world, published=False), evaluate(world, published=False)
    assert first.run_id != second.run_id
    assert first.results_sha256 == second.results_sha256
    assert first.run.inputs_sha256 == Run.objects.get(pk=second.run_id).inputs_sha256
    assert first.findings == second.findings


def test_a_task_taken_up_again_stores_once(world: World) -> None:
    from xuequ.systems.growth.jobs import evaluate_run

    found = evaluate(world, published=False)
    evaluate_run.call(str(found.run.uid))
    assert Evaluation.objects.count() == 1
    assert found.schools.count() == 13


def test_publishing_fills_the_catalogue_and_a_newer_run_supersedes(world: World) -> None:
    first = evaluate(world)
    numbers = Indicator.objects.filter(run=first.run, superseded=None)
    assert numbers.filter(code="growth.effect.g8").count() == 12
    assert numbers.filter(code="growth.coverage.g8").count() == 13
    effect = numbers.get(code="growth.effect.g8", school=world.schools[0])
    assert effect.low < effect.value < effect.high < 0
    second = evaluate(world)
    first.refresh_from_db()
    second.run.refresh_from_db()
    assert first.superseded is not None
    assert second.run.supersedes_id == first.run_id
    assert not Indicator.objects.filter(run=first.run, superseded=None).exists()
    assert queries.latest(SYSTEM).get().pk == second.pk


def test_publishing_twice_changes_nothing(evaluation: Evaluation) -> None:
    before = list(Indicator.objects.values_list("pk", "superseded"))
    again = actions.publish(actor=SYSTEM, evaluation=evaluation)
    assert list(Indicator.objects.values_list("pk", "superseded")) == before
    assert again.published is not None
    assert AuditEvent.objects.filter(verb="growth.published").count() == 1


@pytest.mark.parametrize("role", [Role.BUREAU_LEADER, Role.SUPERVISOR, Role.FINANCE])
def test_only_analysts_start_and_publish(evaluation: Evaluation, world: World, role: Role) -> None:
    actor = factories.make_actor(role)
    with pytest.raises(Forbidden):
        actions.start_evaluation(actor=actor, design=design_of(world.outcomes[0], world.priors[0]), title="x")
    with pytest.raises(Forbidden):
        actions.publish(actor=actor, evaluation=evaluation)


def test_schools_own_tests_are_refused_with_the_rule(world: World) -> None:
    own = [
        factories.make_assessment(basis=Basis.SCHOOL_FINAL, school=school, grade=8)
        for school in world.schools[:2]
    ]
    with pytest.raises(Refused, match=own[0].name):
        actions.start_evaluation(actor=SYSTEM, design=design_of(own[0], own[1]), title="x")
    assert not Run.objects.exists()


def test_an_unusable_cohort_is_a_refused_run_with_a_sentence(world: World) -> None:
    lonely = factories.make_assessment(grade=8)
    started = actions.start_evaluation(actor=SYSTEM, design=design_of(lonely, world.priors[0]), title="x")
    run_pending()
    started.run.refresh_from_db()
    assert started.run.state == RunState.REFUSED
    assert started.run.refusal
    assert not Evaluation.objects.filter(run=started.run).exists()


def test_a_study_stays_unpublished(db: None) -> None:
    study = factories.make_study()
    tests = [
        factories.make_assessment(
            name, basis=Basis.EXTERNAL_STUDY, study=study, term=None, grade=None, held_on=None
        )
        for name in ("outcome", "start")
    ]
    for place in range(4):
        school = factories.make_school(study=study)
        pupils = factories.make_study_pupils(school, 12)
        for shift, test in enumerate(tests):
            scores = {
                pupil: 50.0 + place * 3 + i * (1 + shift) + (i * 7 + shift) % 5
                for i, pupil in enumerate(pupils)
            }
            factories.give_results(test, scores, school=school)
    offer = offered_designs(queries.designable(SYSTEM, study))[0]
    started = actions.start_evaluation(actor=SYSTEM, design=offer.design, title=offer.title, study=study)
    run_pending()
    found = Evaluation.objects.select_related("run").get(run=started.run)
    assert found.schools.count() == 4
    with pytest.raises(Refused):
        actions.publish(actor=SYSTEM, evaluation=found)
    assert queries.evaluation(factories.make_actor(Role.BUREAU_LEADER), found.run.uid) is None
    assert queries.evaluation(factories.make_actor(Role.RESEARCHER), found.run.uid) is not None
