"""Evidence: what is taken, what is taken out of pictures, and what is kept of it."""

import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests import factories as make
from xuequ.core import pictures
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.kit.evidence.responses import download
from xuequ.record import evidence
from xuequ.record.choices import EvidenceKind

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF\n"
GPS, ORIENTATION, TURNED = 0x8825, 0x0112, 6


def photograph(width: int = 40, height: int = 20) -> bytes:
    stream = io.BytesIO()
    facts = Image.Exif()
    facts[ORIENTATION] = TURNED
    facts[GPS] = {1: "N", 2: (29.0, 0.0, 0.0)}
    Image.new("RGB", (width, height), "teal").save(stream, "JPEG", exif=facts)
    return stream.getvalue()


def test_a_photograph_is_turned_upright_and_keeps_no_place() -> None:
    with Image.open(io.BytesIO(pictures.clean(photograph()))) as kept:
        assert kept.size == (20, 40)
        assert not kept.getexif()


def test_a_large_photograph_is_made_smaller() -> None:
    with Image.open(io.BytesIO(pictures.clean(photograph(4000, 1000)))) as kept:
        assert max(kept.size) == pictures.LARGEST_SIDE


@pytest.mark.parametrize("content", [b"\xff\xd8\xff" + b"x" * 40, photograph()[:80], b""])
def test_a_broken_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        pictures.clean(content)


@pytest.fixture
def actor(db) -> Actor:
    return Actor.of(make.make_account(), make.DAY)


def hand_in(actor: Actor, name: str, content: bytes, school=None, title: str = "Plan"):
    upload = SimpleUploadedFile(name, content)
    return evidence.attach_file(actor=actor, system="stars", school=school, title=title, upload=upload)


def test_a_file_comes_back_byte_for_byte(actor: Actor) -> None:
    piece = hand_in(actor, "方案.pdf", PDF)
    assert (piece.kind, evidence.content(piece), piece.size) == (EvidenceKind.FILE, PDF, len(PDF))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plan.exe", b"MZ"),
        ("plan.pdf", b"<html>"),
        ("plan.jpg", PDF),
        ("plan.pdf", b""),
        ("plan.svg", b"<svg/>"),
    ],
)
def test_what_is_no_paper_is_refused(actor: Actor, name: str, content: bytes) -> None:
    with pytest.raises(Refused):
        hand_in(actor, name, content)


def test_a_file_changed_on_the_disk_is_not_opened(actor: Actor) -> None:
    piece = hand_in(actor, "plan.pdf", PDF)
    with default_storage.open(piece.stored_file, "wb") as stream:
        stream.write(PDF + b"more")
    with pytest.raises(Refused, match="changed"):
        evidence.content(piece)
    default_storage.delete(piece.stored_file)
    with pytest.raises(Refused, match="missing"):
        evidence.content(piece)


def test_the_same_file_of_another_school_is_seen(actor: Actor) -> None:
    one, other = make.make_school("一"), make.make_school("二")
    first, second = hand_in(actor, "a.pdf", PDF, one), hand_in(actor, "b.pdf", PDF, other)
    assert evidence.handed_in_elsewhere(second) == [first]
    evidence.withdraw(actor=actor, evidence=first)
    assert evidence.handed_in_elsewhere(second) == []


def test_a_reason_that_is_asked_for_says_something_and_stays(actor: Actor) -> None:
    piece = hand_in(actor, "a.pdf", PDF, make.make_school("一"))
    with pytest.raises(Refused):
        evidence.withdraw(actor=actor, evidence=piece, reason=" ")
    evidence.withdraw(actor=actor, evidence=piece, reason="传错了")
    evidence.withdraw(actor=actor, evidence=piece, reason="又一次")  # what was said first stands
    piece.refresh_from_db()
    assert piece.withdrawn is not None
    assert piece.withdrawn_why == "传错了"


def test_an_address_must_be_of_the_web(actor: Actor) -> None:
    with pytest.raises(Refused, match="https"):
        evidence.attach_link(actor=actor, system="stars", school=None, title="", url="javascript:alert(1)")


def test_a_photograph_of_several_pictures_is_kept_as_a_jpeg() -> None:
    stream = io.BytesIO()
    first = Image.new("RGB", (40, 20), "teal")
    first.save(stream, "MPO", save_all=True, append_images=[Image.new("RGB", (40, 20), "red")])
    kept = pictures.clean(stream.getvalue())
    with Image.open(io.BytesIO(kept)) as picture:
        assert (picture.format, getattr(picture, "n_frames", 1)) == ("JPEG", 1)


def test_a_photograph_with_broken_notes_is_kept_as_it_lies() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (40, 20), "teal").save(
        stream, "JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff\x01"
    )
    with Image.open(io.BytesIO(pictures.clean(stream.getvalue()))) as picture:
        assert picture.size == (40, 20)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_way_to_hold_a_camera_is_turned_upright(orientation: int) -> None:
    upright = Image.new("RGB", (32, 16), "white")
    upright.paste("black", (0, 0, 16, 8))
    turns = pictures.TURNS.get(orientation)
    back = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    lying = upright if turns is None else upright.transpose(back.get(orientation, turns))
    facts = Image.Exif()
    facts[ORIENTATION] = orientation
    stream = io.BytesIO()
    lying.save(stream, "PNG", exif=facts)
    with Image.open(io.BytesIO(pictures.clean(stream.getvalue()))) as kept:
        assert kept.size == (32, 16)
        assert [kept.convert("L").getpixel(at) for at in ((2, 2), (30, 2), (2, 14), (30, 14))] == [
            0,
            255,
            255,
            255,
        ]


def test_a_picture_of_too_many_points_is_refused_before_it_is_unpacked() -> None:
    stream = io.BytesIO()
    Image.new("1", (9000, 9000)).save(stream, "PNG")
    assert len(stream.getvalue()) < 100_000
    with pytest.raises(Refused, match="64 million"):
        pictures.clean(stream.getvalue())


@pytest.mark.parametrize("name", ["IMG_0001.HEIC", "IMG_0001.jpg"])
def test_a_phones_own_form_is_named_with_what_to_do(actor: Actor, name: str) -> None:
    with pytest.raises(Refused, match="HEIC"):
        hand_in(actor, name, b"\x00\x00\x00\x24ftypheic" + b"\x00" * 40)


def test_a_lost_file_is_told_in_one_sentence_and_not_as_a_fault_of_the_page(actor: Actor) -> None:
    piece = hand_in(actor, "plan.pdf", PDF)
    assert download(piece).status_code == 200
    default_storage.delete(piece.stored_file)
    answer = download(piece)
    assert (answer.status_code, answer["Content-Type"]) == (410, "text/plain; charset=utf-8")
    assert "missing on the server" in answer.content.decode()
