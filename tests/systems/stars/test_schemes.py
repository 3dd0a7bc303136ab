"""Schemes: versions, what stays as it is once rating began, files in and out, the editor."""

import json
import re
import tomllib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.translation import override

from tests import factories
from tests.engines.evaluation.test_star_scheme import small
from tests.systems.growth.conftest import client_as, signed_in
from tests.systems.stars.conftest import World
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.systems.stars.choices import SchemeKind
from xuequ.systems.stars.models import Scheme, SchemeVersion
from xuequ.systems.stars.points import full_column
from xuequ.systems.stars.schemes import actions, documents, editing, queries
from xuequ.systems.stars.schemes.forms import HeadForm, ItemForm

OFFICER = Actor.system(factories.DAY)


def test_a_version_with_which_rating_began_is_refused_and_the_next_one_leaves_the_round_alone(
    world: World,
) -> None:
    changed = small() | {"source": "改过"}
    with pytest.raises(Refused):
        actions.change(actor=world.manager, version=world.version, document=changed)
    world.version.refresh_from_db()
    assert world.version.document == small()
    made = actions.new_version(actor=world.manager, version=world.version, document=changed)
    assert made.number == 2
    assert made.began is None
    assert world.application().round.version_id == world.version.pk
    actions.change(actor=world.manager, version=made, document=small() | {"source": "再改"})


def test_of_two_who_edit_at_once_the_second_is_told(db: None) -> None:
    version = actions.create(actor=OFFICER, kind=SchemeKind.SMART_CAMPUS, document=small())
    actions.change(actor=OFFICER, version=version, document=small() | {"source": "甲"}, revision=1)
    with pytest.raises(Refused):
        actions.change(actor=OFFICER, version=version, document=small() | {"source": "乙"}, revision=1)
    version.refresh_from_db()
    assert version.document["source"] == "甲"


def test_a_bad_document_leaves_nothing_behind(db: None) -> None:
    bad = small()
    bad["stars"][0]["total"] = 99
    with pytest.raises(Refused):
        actions.create(actor=OFFICER, kind=SchemeKind.SMART_CAMPUS, document=bad)
    assert not Scheme.objects.exists()


def test_names_are_taken_once(db: None) -> None:
    actions.create(actor=OFFICER, kind=SchemeKind.SMART_CAMPUS, document=small())
    with pytest.raises(Refused):
        actions.create(actor=OFFICER, kind=SchemeKind.SMART_CAMPUS, document=small())
    assert SchemeVersion.objects.count() == 1


@pytest.mark.parametrize("role", [Role.HEAD, Role.EXPERT, Role.SUPERVISOR, Role.BUREAU_LEADER, Role.TEACHER])
def test_others_change_no_scheme(db: None, role: Role) -> None:
    with pytest.raises(Forbidden):
        actions.create(actor=factories.make_actor(role), kind=SchemeKind.SMART_CAMPUS, document=small())


@pytest.mark.parametrize("kind", list(SchemeKind))
def test_examples_go_out_and_come_back(kind: SchemeKind) -> None:
    document = documents.example(kind)
    documents.checked(document, kind)
    assert not document.get("official", False)
    assert json.loads(documents.as_json(document)) == document
    assert tomllib.loads(documents.as_toml(document)) == document


def test_files_that_are_none_are_refused_in_one_sentence() -> None:
    for name, content in (("a.toml", b"= x"), ("a.json", b"{"), ("a.json", b"[]"), ("a.toml", b"\xff\xfe")):
        with pytest.raises(Refused):
            documents.read_upload(SimpleUploadedFile(name, content))


@pytest.mark.parametrize(
    ("file", "toml", "said"),
    [
        ('title = "智慧校园"\ngrades 5', True, "第 2 行“grades 5”：名称和值之间缺少“=”"),
        ('a = 1\nb = "x', True, "末尾：一段文字的结尾缺少引号"),
        ("a = 1\na = 2\nb = 3", True, "同一名称在一处出现了两次"),
        ("[a]\n[a]\n", True, "第 2 行“[a]”：同一部分开头写了两次"),
        ('{"title": 智慧}', False, "第 1 行"),
        ('{"a": 1,\n "b" 2}', False, "第 2 行"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_where_and_why_in_the_readers_language(
    file: str, toml: bool, said: str
) -> None:
    with override("zh-hans"), pytest.raises(Refused) as caught:
        documents.parsed(file, toml)
    told = str(caught.value)
    assert said in told
    assert not set(re.findall(r"[A-Za-z]{3,}", told)) - {"TOML", "JSON", "title", "grades"}


def test_full_points_have_a_decimal_only_where_they_need_one() -> None:
    assert full_column(100.0, 24.0).decimals == 0
    assert full_column(100.0, 7.5).decimals == 1


def test_the_editor_changes_items_and_keeps_what_was_verified(db: None) -> None:
    officer = factories.make_account(Role.DISTRICT_OFFICER)
    client = signed_in(officer)
    response = client.post(reverse("stars:scheme-new"), {"kind": "smart_campus", "source": "example"})
    version = SchemeVersion.objects.get()
    assert response.url == reverse("stars:scheme", args=[version.uid])
    url = reverse("stars:scheme-item", args=[version.uid, "D3"])
    form = client.get(url).context["form"].initial
    data = {key: value for key, value in form.items() if value not in (None, False)}
    client.post(
        url,
        data
        | {
            "points": "4",
            "levels": "1 | 一半\n4 | 全部",
            "improvements": "D3-x | 做 | 4 | 900 | class | 3 |",
        },
    )
    version.refresh_from_db()
    item = queries.scheme_in(version).item("D3")
    assert [level.text for level in item.levels] == ["一半", "全部"]
    assert [(way.code, way.per, way.cost_yuan) for way in item.improvements] == [("D3-x", "class", 900)]
    assert queries.scheme_in(version).item("A1").verified


def test_the_editor_refuses_what_does_not_fit_and_says_where(db: None) -> None:
    client = client_as(Role.DISTRICT_OFFICER)
    client.post(reverse("stars:scheme-new"), {"kind": "smart_campus", "source": "example"})
    version = SchemeVersion.objects.get()
    url = reverse("stars:scheme-item", args=[version.uid, "B1"])
    base = {"revision": version.revision, "code": "B1", "text": "x", "points": "4"}
    for wrong in (
        {"levels": "x | 一半"},
        {"levels": "2 | 一半"},
        {"improvements": "B1-x | 做 | 3.7 | 900"},
        {"code": "B2"},
        {"revision": 99},
    ):
        response = client.post(url, base | wrong)
        assert response.status_code == 200, wrong
        assert response.context["form"].errors, wrong
    version.refresh_from_db()
    assert version.revision == 1


def test_head_dimensions_and_items_are_edited(db: None) -> None:
    client = client_as(Role.RESEARCHER)
    client.post(
        reverse("stars:scheme-new"), {"kind": "smart_campus", "source": "example", "name": "我区方案"}
    )
    version = SchemeVersion.objects.get()
    head = client.get(reverse("stars:scheme-head", args=[version.uid])).context["form"].initial
    stars = head["stars"].replace("75", "76")
    client.post(reverse("stars:scheme-head", args=[version.uid]), {**head, "official": "", "stars": stars})
    version.refresh_from_db()
    assert queries.scheme_in(version).star(4).total == 76
    words = {"revision": version.revision, "code": "X", "title": "环境"}
    client.post(reverse("stars:scheme-dimension", args=[version.uid, "A"]), words)
    version.refresh_from_db()
    assert queries.scheme_in(version).star(4).minimums == {"X": 16, "B": 15}, "minimums follow the new code"
    client.post(
        reverse("stars:scheme-dimension-new", args=[version.uid]),
        words | {"revision": version.revision, "code": "Z"},
    )
    version.refresh_from_db()
    new = {"revision": version.revision, "code": "Z2", "text": "新", "points": "2"}
    client.post(reverse("stars:scheme-item-new", args=[version.uid, "Z"]), new)
    client.post(reverse("stars:scheme-item-remove", args=[version.uid, "Z1"]))
    version.refresh_from_db()
    assert [item.code for item in queries.scheme_in(version).dimensions[-1].items] == ["Z2"]


def test_every_page_of_an_example_says_so(world: World) -> None:
    client = signed_in(world.officer)
    page = client.get(reverse("stars:scheme", args=[world.version.uid]), headers={"accept-language": "zh"})
    assert "示例，非官方" in page.content.decode()


def test_schools_read_what_is_in_use_and_no_draft(world: World) -> None:
    draft = actions.new_version(actor=world.manager, version=world.version)
    client = signed_in(world.heads[0])
    assert client.get(reverse("stars:scheme", args=[world.version.uid])).status_code == 200
    assert client.get(reverse("stars:scheme", args=[draft.uid])).status_code == 404
    assert client.get(reverse("stars:scheme-head", args=[world.version.uid])).status_code == 403


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_editor_speaks_the_readers_language_and_gives_back_what_it_was_given(language: str) -> None:
    document = documents.example(SchemeKind.SMART_CAMPUS)
    document["stars"][0]["verified"] = True
    item = next(i for d in document["dimensions"] for i in d["items"] if i.get("improvements"))
    item["improvements"][0]["per"] = "class"
    with override(language):
        head = HeadForm(HeadForm.of(document, 1).initial)
        assert head.is_valid(), head.errors
        changed = head.merged(document)
        form = ItemForm.of(item, 1)
        line = form.initial["improvements"].splitlines()[0]
        assert ("班" in line) == (language == "zh-hans")
        again = ItemForm(form.initial)
        assert again.is_valid(), again.errors
        changed = editing.with_item(changed, "A", item["code"], again.merged(item))
    assert documents.star_scheme(changed) == documents.star_scheme(document)
