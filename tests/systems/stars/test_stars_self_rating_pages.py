"""Pages of a school that rates itself: filling in, handing in, evidence, and what is not there yet."""

from django.urls import reverse

from tests.systems.growth.conftest import client_as, signed_in
from tests.systems.stars.conftest import FULL, World
from tests.systems.stars.test_stars_pages import school_pages, text
from xuequ.district.choices import Role
from xuequ.systems.stars.second import actions as second


def test_a_school_fills_in_hands_in_and_takes_evidence_back(world: World) -> None:
    client = signed_in(world.heads[0])
    found = world.application()
    for code, points in FULL.items():
        client.post(reverse("stars:item", args=[found.uid, code]), {"points": f"{points:g}", "note": "有"})
    assert client.post(reverse("stars:item", args=[found.uid, "A1"]), {"points": "2"}).status_code == 200
    attach = reverse("stars:item-evidence", args=[found.uid, "A1"])
    client.post(attach, {"e-title": "照片说明", "e-note": "已装好"})
    piece = found.pieces.get()
    withdraw = reverse("stars:evidence-withdraw", args=[found.uid, piece.evidence.uid])
    client.post(withdraw, {"reason": " "})
    piece.evidence.refresh_from_db()
    assert piece.evidence.withdrawn is None
    client.post(withdraw, {"reason": "照片拍错了"})
    piece.evidence.refresh_from_db()
    assert piece.evidence.withdrawn is not None
    assert "照片拍错了" in text(client, reverse("stars:item", args=[found.uid, "A1"]))
    client.post(reverse("stars:hand-in", args=[found.uid]))
    assert world.application().self_total == 10
    assert "10" in text(client, reverse("stars:application", args=[found.uid]))


def test_pages_open_before_anything_is_rated_and_an_appeal_only_once_there_is_a_result(world: World) -> None:
    client = signed_in(world.heads[0])
    for url in school_pages(world):
        text(client, url)
    appeal = reverse("stars:item-appeal", args=[world.application().uid, "A1"])
    assert client.get(appeal).status_code == 404
    world.all_handed_in()
    world.drawn(share=0.0)
    second.settle(actor=world.manager, application=world.application())
    text(client, appeal)
    assert client.post(appeal, {"text": "应得满分"}).status_code == 302
    assert world.application().appeals.count() == 1


def test_evidence_opens_for_who_may_open_the_application(world: World) -> None:
    from django.core.files.base import ContentFile

    from xuequ.record import evidence
    from xuequ.systems.stars.selfrating import actions

    upload = ContentFile(b"%PDF-1.4\n%%EOF\n", name="a.pdf")
    piece = evidence.attach_file(
        actor=world.head(), system="stars", school=world.schools[0], title="证", upload=upload
    )
    actions.attach(actor=world.head(), application=world.application(), code="A1", evidence=piece)
    url = reverse("stars:evidence", args=[piece.uid])
    assert signed_in(world.heads[0]).get(url).content.startswith(b"%PDF")
    assert signed_in(world.officer).get(url).status_code == 200
    assert signed_in(world.heads[1]).get(url).status_code == 404
    assert client_as(Role.TEACHER, school=world.schools[0]).get(url).status_code == 404
