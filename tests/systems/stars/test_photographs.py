"""Photographs of raters: kept clean beside the points, seen by who may see the rating, and by nobody else."""

import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from tests.systems.growth.conftest import client_as, signed_in
from tests.systems.stars.conftest import MIDDLE, World
from tests.systems.stars.test_stars_pages import text
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.choices import Role
from xuequ.record.models import Evidence
from xuequ.systems.stars.models import RatingPhoto, SecondRater
from xuequ.systems.stars.second import actions as second
from xuequ.systems.stars.second import photos


def jpeg(shade: int = 0) -> bytes:
    """A photograph with a place in it, as phones write them."""
    stream, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "Phone"
    exif.get_ifd(0x8825)[1] = "N"
    Image.new("RGB", (40, 30), (shade, 9, 9)).save(stream, "JPEG", exif=exif)
    return stream.getvalue()


def upload(name: str = "IMG_1.jpg", content: bytes | None = None) -> ContentFile:
    return ContentFile(content if content is not None else jpeg(), name=name)


@pytest.fixture
def rating(world: World) -> World:
    """Two raters rate the first school: the expert is half-way, the supervisor has handed in."""
    world.all_handed_in()
    world.drawn()
    world.rate(0, 1)
    world.rate(0, 0, {"A1": 3.0}, hand_in=False)
    return world


def row_of(world: World, rater: int) -> SecondRater:
    return SecondRater.objects.select_related(
        "application__round__version__scheme", "application__school"
    ).get(rater=world.raters[rater], application=world.application(0))


def test_a_photograph_is_kept_beside_the_points_without_place_and_time(rating: World) -> None:
    client, row = signed_in(rating.raters[0]), row_of(rating, 0)
    url = reverse("stars:second-part", args=[row.uid, "A"])
    data = {
        "points-0": "1.5", "points-1": "0.5", "stay": "A1",
        "photo-0": [SimpleUploadedFile("IMG_1.jpg", jpeg()), SimpleUploadedFile("IMG_2.jpg", jpeg(5))],
    }  # fmt: skip
    response = client.post(url, data)
    assert response.url == f"{url}#item-A1"
    assert {one.item: float(one.points) for one in row.ratings.all()} == {"A1": 1.5, "A2": 0.5}
    kept = Evidence.objects.filter(star_photo__second=row)
    assert kept.count() == 2
    page = text(client, url)
    assert "IMG_1.jpg" in page
    sent = client.get(reverse("stars:rating-photo", args=[kept.first().uid]))
    with Image.open(io.BytesIO(sent.content)) as picture:
        assert not picture.getexif()


def test_a_bad_file_is_named_and_the_points_are_kept(rating: World) -> None:
    client, row = signed_in(rating.raters[0]), row_of(rating, 0)
    url = reverse("stars:second-part", args=[row.uid, "A"])
    bad = SimpleUploadedFile("照片.jpg", b"no picture at all")
    paper = SimpleUploadedFile("a.pdf", b"%PDF-1.4\n%%EOF\n")
    response = client.post(url, {"points-1": "1", "stay": "A1", "photo-0": [bad, paper]}, follow=True)
    assert "A1 照片.jpg" in response.content.decode()
    assert "A1 a.pdf" in response.content.decode(), "a paper is no photograph"
    assert row.ratings.filter(item="A2").exists()
    assert not row.photos.exists()


def test_an_item_has_six_photographs_at_most_and_one_can_be_taken_out(rating: World) -> None:
    row, actor = row_of(rating, 0), rating.rater(0)
    for at in range(photos.MOST):
        photos.add(actor=actor, second=row, code="A1", upload=upload(f"{at}.jpg", jpeg(at)))
    with pytest.raises(Refused):
        photos.add(actor=actor, second=row, code="A1", upload=upload("7.jpg", jpeg(7)))
    first = row.photos.first().evidence
    client = signed_in(rating.raters[0])
    client.post(reverse("stars:second-part", args=[row.uid, "A"]), {"take-out": str(first.uid)})
    first.refresh_from_db()
    assert first.withdrawn is not None
    assert client.get(reverse("stars:rating-photo", args=[first.uid])).status_code == 404
    client.post(reverse("stars:second-part", args=[row.uid, "A"]), {"take-out": "nothing"})
    photos.add(actor=actor, second=row, code="A1", upload=upload("7.jpg", jpeg(7)))


def test_after_handing_in_nothing_is_added_or_taken_out(rating: World) -> None:
    row = row_of(rating, 1)
    with pytest.raises(Refused):
        photos.add(actor=rating.rater(1), second=row, code="A1", upload=upload())
    with pytest.raises(Refused):
        photos.take_out(actor=rating.rater(1), second=row, uid="x")
    with pytest.raises(Forbidden):
        photos.add(actor=rating.rater(1), second=row_of(rating, 0), code="A1", upload=upload())
    with pytest.raises(Refused):
        photos.add(actor=rating.rater(0), second=row_of(rating, 0), code="Z9", upload=upload())


def test_a_rater_with_photographs_alone_is_not_released(rating: World) -> None:
    row = row_of(rating, 0)
    row.ratings.all().delete()
    photos.add(actor=rating.rater(0), second=row, code="A1", upload=upload())
    with pytest.raises(Refused):
        second.release(actor=rating.manager, second=row)


def status(account, photo: RatingPhoto) -> int:
    return signed_in(account).get(reverse("stars:rating-photo", args=[photo.evidence.uid])).status_code


def test_who_opens_a_photograph_before_and_after_the_result(rating: World) -> None:
    """Of the expert's photograph: nobody sees it before handing in, other raters not before the result."""
    row = row_of(rating, 0)
    photo = photos.add(actor=rating.rater(0), second=row, code="A1", upload=upload("现场.jpg"))
    page = reverse("stars:application", args=[rating.application(0).uid])
    assert status(rating.raters[0], photo) == 200
    assert status(rating.officer, photo) == 404, "not handed in yet"
    for code, points in MIDDLE.items():
        second.rate_second(actor=rating.rater(0), second=row, code=code, points=points)
    second.hand_in_second(actor=rating.rater(0), second=row)
    assert status(rating.officer, photo) == 200
    assert "现场.jpg" in text(signed_in(rating.officer), page)
    assert status(rating.raters[1], photo) == 404, "rates the school too"
    assert "现场.jpg" not in text(signed_in(rating.raters[1]), page)
    assert status(rating.raters[2], photo) == 200, "a researcher who does not rate this school"
    for account in (rating.heads[0], rating.heads[1]):
        assert status(account, photo) == 404
    assert client_as(Role.TEACHER, school=rating.schools[0]).get(
        reverse("stars:rating-photo", args=[photo.evidence.uid])
    ).status_code in (403, 404)
    second.settle(actor=rating.manager, application=rating.application(0))
    assert status(rating.raters[1], photo) == 200
    assert "现场.jpg" in text(signed_in(rating.raters[1]), page)
    assert status(rating.heads[0], photo) == 404, "the school never"
    assert "现场.jpg" not in text(signed_in(rating.heads[0]), page)
    assert (
        signed_in(rating.heads[0]).get(reverse("stars:evidence", args=[photo.evidence.uid])).status_code
        == 404
    )
