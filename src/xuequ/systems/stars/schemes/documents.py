"""Schemes as files: TOML and JSON, in and out."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

from django.core.files.base import File
from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.star_scheme import StarScheme, scheme_of
from xuequ.systems.stars.choices import SchemeKind
from xuequ.systems.stars.schemes.wording import error_text, unreadable_text

EXAMPLES = Path(__file__).parent / "examples"
LARGEST = 1024**2
_INLINE = frozenset({"levels", "improvements"})


def example(kind: SchemeKind) -> dict[str, Any]:
    """Return the example of a kind that comes with the system; it is official nowhere."""
    if kind == SchemeKind.AI_LEVEL:
        from xuequ.systems.stars.ailevel.scheme import example as ai_level

        return ai_level()
    return tomllib.loads((EXAMPLES / f"{kind}.toml").read_text(encoding="utf-8"))


def read_upload(upload: File[bytes]) -> dict[str, Any]:
    """Return the document in an uploaded file; ``Refused`` says where it cannot be read."""
    if upload.size > LARGEST:
        raise Refused(_("A scheme is smaller than 1 MB; this file is not one."))
    upload.seek(0)
    try:
        text = upload.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(_("The file is not text in UTF-8. Save it as UTF-8 and try again.")) from error
    return parsed(text, PurePath(upload.name or "").suffix.lower() == ".toml")


def parsed(text: str, toml: bool) -> dict[str, Any]:
    """Return the document in a text of TOML or JSON."""
    try:
        found = tomllib.loads(text) if toml else json.loads(text)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        raise Refused(unreadable_text(text, error, "TOML" if toml else "JSON")) from error
    except RecursionError as error:
        raise Refused(_("The file is nested too deeply to be a scheme.")) from error
    if not isinstance(found, dict):
        raise Refused(_("The file holds no scheme: a table (an object) is needed at its beginning."))
    return found


def checked(document: Mapping[str, Any], kind: SchemeKind) -> None:
    """Refuse a document that is no scheme of its kind, with the place and the reason."""
    if document.get("kind", kind) != kind:
        raise Refused(_("The document says that it is of another kind; choose the right one."))
    if kind == SchemeKind.AI_LEVEL:
        from xuequ.systems.stars.ailevel.scheme import read_scheme

        read_scheme(document)
    else:
        star_scheme(document)


def star_scheme(document: Mapping[str, Any]) -> StarScheme:
    """Return the star scheme that a document describes; ``Refused`` says where it is wrong."""
    try:
        return scheme_of(dict(document))
    except InputError as error:
        raise Refused(error_text(error)) from error


def as_json(document: Mapping[str, Any]) -> str:
    """Return the document as JSON, indented."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def as_toml(document: Mapping[str, Any]) -> str:
    """Return the document as TOML, in the shape of the example that comes with the system."""
    return "\n".join(_table(document, "")).strip() + "\n"


def _table(table: Mapping[str, Any], path: str) -> Iterator[str]:
    tables = {key for key, value in table.items() if _is_tables(key, value)}
    for key, value in table.items():
        if key not in tables:
            yield f"{_key(key)} = {_value(value)}"
    for key in table:
        if key in tables:
            place = f"{path}.{_key(key)}" if path else _key(key)
            for part in table[key]:
                yield f"\n[[{place}]]"
                yield from _table(part, place)


def _is_tables(key: str, value: Any) -> bool:
    return (
        key not in _INLINE
        and isinstance(value, list)
        and bool(value)
        and all(isinstance(part, dict) for part in value)
    )


def _key(key: str) -> str:
    plain = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if plain else json.dumps(key, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(k)} = {_value(v)}' for k, v in value.items())} }}" if value else "{}"
    if isinstance(value, list):
        if value and all(isinstance(part, dict) for part in value):
            return "[\n" + "".join(f"  {_value(part)},\n" for part in value) + "]"
        return f"[{', '.join(map(_value, value))}]"
    # JSON's texts, numbers and truths are TOML's too; DEL alone must be written out.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
