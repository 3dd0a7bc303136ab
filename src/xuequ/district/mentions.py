"""Where a person is called by name in free text, in lists of problems and in files; and how the name is taken out."""

import html
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.core.unpacking import check_zip
from xuequ.district.people import Identity, Person, name_index, plain

SHORTEST = 2
ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
BETWEEN = r"[\s·•・‧.　]*"
TAGS = re.compile(r"<[^>]{0,2000}>")


@dataclass(frozen=True, slots=True)
class Words:
    """What a person is called. ``shared``: somebody else has the same name, so the name alone points at nobody."""

    name: str
    numbers: tuple[str, ...]
    shared: bool = False

    def pattern(self, *, with_name: bool) -> re.Pattern[str] | None:
        """Return what finds these words, however the name is spaced; None when there is nothing to look for."""
        words = [*self.numbers, *([self.name] if with_name else [])]
        parts = [_found_as(plain(word)) for word in words if len(plain(word)) >= SHORTEST]
        return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def _found_as(letters: str) -> str:
    """Return the pattern of a word. One of Latin letters or digits is not found inside a longer one."""
    before = r"(?<![A-Za-z0-9])" if letters[0].isascii() else ""
    after = r"(?![A-Za-z0-9])" if letters[-1].isascii() else ""
    return before + BETWEEN.join(map(re.escape, letters)) + after


def words_of(person: Person) -> Words:
    """Return what the person is called, as far as it can still be read."""
    identity = Identity.objects.filter(person=person).first()
    login = [person.account.username] if person.account is not None else []
    if identity is None:
        return Words("", tuple(login))
    fields = identity.fields
    others = Identity.objects.filter(name_index=name_index(fields["name"])).exclude(person=person)
    numbers = [fields.get("number", ""), fields.get("phone", ""), *login]
    return Words(fields["name"], tuple(number for number in numbers if number), others.exists())


def mentioning(rows: "QuerySet[Any]", fields: tuple[str, ...], words: Words) -> "QuerySet[Any]":
    """Narrow ``rows`` to those in which a field may hold one of the words: a cheap look, for ``without`` to decide."""
    found = Q(pk__in=[])
    for field in fields:
        is_json = isinstance(rows.model._meta.get_field(field), models.JSONField)
        searched = f"{field}_as_text" if is_json else field
        if is_json:
            rows = rows.annotate(**{searched: Cast(field, TextField())})
        found |= _holds(searched, words, as_json=is_json)
    return rows.filter(found).only("pk", *fields)


def _holds(field: str, words: Words, *, as_json: bool) -> Q:
    found = Q(pk__in=[])
    for word in (words.name, *words.numbers):
        letters = plain(word)
        if len(letters) < SHORTEST:
            continue
        both = Q()
        for letter in (letters[0], letters[-1]):
            either = Q(**{f"{field}__icontains": letter})
            if as_json and not letter.isascii():
                # SQLite keeps JSON in ASCII, where the letter is an escape.
                escaped = letter.encode("unicode_escape").decode()
                if len(escaped) > 6:
                    escaped = "".join(f"\\u{unit:04x}" for unit in _surrogates(letter))
                either |= Q(**{f"{field}__icontains": escaped})
            both &= either
        found |= both
    return found


def _surrogates(letter: str) -> list[int]:
    raw = letter.encode("utf-16-be")
    return [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]


def without(value: Any, pattern: re.Pattern[str]) -> Any:
    """Return a text or JSON value with what ``pattern`` finds replaced by the mark of an erased person."""
    if isinstance(value, str):
        return pattern.sub(_("(erased)"), value)
    if isinstance(value, list):
        return [without(item, pattern) for item in value]
    if isinstance(value, dict):
        return {without(key, pattern): without(item, pattern) for key, item in value.items()}
    return value


def take_out(rows: "QuerySet[Any]", fields: tuple[str, ...], words: Words, *, certain: bool) -> int:
    """Take the person's name and numbers out of the fields; return how many rows were altered.

    ``certain``: the rows are the person's own. In others' rows a name that somebody else bears too is left alone,
    and only the numbers go.
    """
    pattern = words.pattern(with_name=certain or not words.shared)
    if pattern is None:
        return 0
    return sum(_taken_out(row, fields, pattern) for row in mentioning(rows, fields, words))


def _taken_out(row: models.Model, fields: tuple[str, ...], pattern: re.Pattern[str]) -> bool:
    kept = {field: without(getattr(row, field), pattern) for field in fields}
    altered = [field for field, value in kept.items() if value != getattr(row, field)]
    for field in altered:
        setattr(row, field, _fitting(row, field, kept[field]))
    if altered:
        row.save(update_fields=altered)
    return bool(altered)


def _fitting(row: models.Model, field: str, value: Any) -> Any:
    """Cut a text to the length of its column: the mark may be longer than the name."""
    most = getattr(row._meta.get_field(field), "max_length", None)
    return value[:most] if most and isinstance(value, str) else value


def unclear_mentions(rows: "QuerySet[Any]", fields: tuple[str, ...], words: Words) -> int:
    """Count the rows that hold a name which several persons bear: somebody has to look at them."""
    if not words.shared:
        return 0
    pattern = Words(words.name, ()).pattern(with_name=True)
    if pattern is None:
        return 0
    found = mentioning(rows, fields, Words(words.name, ()))
    return sum(any(without(getattr(row, f), pattern) != getattr(row, f) for f in fields) for row in found)


def named_in_file(content: bytes, words: Words) -> bool:
    """Whether a file (text in any usual encoding, or a workbook or document) holds one of the words.

    A file that cannot be opened counts as one that does: nobody could say that it is clean.
    """
    pattern = words.pattern(with_name=True)
    try:
        return pattern is not None and any(pattern.search(text) for text in _texts(content))
    except (Refused, zipfile.BadZipFile):
        return True


def _texts(content: bytes) -> "list[str]":
    if not content.startswith(b"PK\x03\x04"):
        return _decoded(content, str)
    check_zip(io.BytesIO(content), len(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [archive.read(name) for name in archive.namelist()]
    return [text for part in parts for text in _decoded(part, _without_tags)]


def _decoded(content: bytes, clean: Callable[[str], str]) -> "list[str]":
    texts = [clean(content.decode(encoding, "ignore")) for encoding in ENCODINGS]
    # Old workbooks keep two bytes a letter, and may begin at an odd place.
    return [*texts, clean(content[1:].decode("utf-16-le", "ignore"))]


def _without_tags(text: str) -> str:
    # A cell with two fonts is in two pieces, and so would be the name in it.
    return html.unescape(TAGS.sub("", text))
