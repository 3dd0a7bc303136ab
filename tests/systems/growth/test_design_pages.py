"""The page on which an evaluation is designed: what it proposes, whom it lets in, what it refuses."""

import re

import pytest
from django.urls import reverse

from tests import factories
from tests.systems.growth.conftest import World, client_as
from tests.systems.growth.test_pages import text
from xuequ.core.models import Task
from xuequ.district.choices import Role
from xuequ.record.choices import Basis
from xuequ.record.models import Run


def test_the_design_page_proposes_and_starts(world: World) -> None:
    client = client_as(Role.DISTRICT_OFFICER)
    url = reverse("growth:design")
    page = text(client, url)
    assert page.count("checked") >= 4
    names = [*(a.name for a in world.outcomes), *(a.name for a in world.priors)]
    assert all(page.count(name) == 3 for name in names), "said once, and offered in either list"
    folds = re.findall(r"<details class=\"mb-1\"( open)?>\s*<summary>([^·]+) ·", page)
    latest, before = "2025—2026学年 8 年级", "2024—2025学年 7 年级"
    assert folds == [(" open", latest), ("", before), ("", latest), (" open", before)]
    data = {
        "title": "x",
        "outcomes": [str(a.uid) for a in world.outcomes],
        "priors": [str(a.uid) for a in world.priors],
        "school_mean_prior": "on",
        "minimum_pupils": "10",
        "confidence": "0.95",
    }
    response = client.post(url, data)
    task = Task.objects.get()
    assert response.status_code == 302
    assert response.url == reverse("job", args=[task.uid])
    assert Run.objects.get().task_uid == task.uid
    pending = text(client, reverse("growth:run", args=[Run.objects.get().uid]))
    assert str(task.uid) in pending


@pytest.mark.parametrize("role", [Role.BUREAU_LEADER, Role.HEAD, Role.TEACHER, Role.GUARDIAN])
def test_the_design_page_is_for_analysts(db: None, role: Role) -> None:
    assert client_as(role).get(reverse("growth:design")).status_code == 403


def test_the_design_page_refuses_what_the_rules_forbid(world: World) -> None:
    own = []
    for school, group in zip(world.schools[:2], world.classes[:2], strict=True):
        test = factories.make_assessment(basis=Basis.SCHOOL_FINAL, school=school, grade=8)
        factories.give_results(test, {pupil: 50.0 + i for i, pupil in enumerate(world.pupils[group.pk])})
        own.append(test)
    data = {
        "title": "x",
        "outcomes": [str(own[0].uid)],
        "priors": [str(own[1].uid)],
        "minimum_pupils": "10",
        "confidence": "0.95",
    }
    response = client_as(Role.RESEARCHER).post(reverse("growth:design"), data)
    assert response.status_code == 200
    assert own[0].name in response.context["form"].non_field_errors()[0]
    same = data | {"priors": data["outcomes"]}
    assert client_as(Role.RESEARCHER).post(reverse("growth:design"), same).status_code == 200
    assert not Run.objects.exists()
