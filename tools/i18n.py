"""The Chinese catalogue: ``update`` it from the source, ``merge`` translations into it, ``check`` that it is complete.

The catalogue holds no line numbers and no dates, and its entries are sorted, so that it changes only when words do.
``update`` and ``check`` need Debian's ``gettext``; compiling does not.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "xuequ"
CATALOGUE = PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
METADATA = {
    "Project-Id-Version": "xuequ",
    "Language": "zh_Hans",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}
Key = tuple[str | None, str]


def extracted() -> polib.POFile:
    """Return the messages of the source as Django's ``makemessages`` finds them, without translations."""
    from django.core.management.commands import makemessages

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "xuequ"
        shutil.copytree(
            PACKAGE, copy, ignore=shutil.ignore_patterns("dist", "fonts", "*.mo", "*.po", "__pycache__")
        )
        (copy / "locale").mkdir(exist_ok=True)
        os.environ.setdefault("XUEQU_HOME", str(Path(folder) / "home"))
        here = Path.cwd()
        os.chdir(copy)
        try:
            setup_django()
            command = makemessages.Command()
            command.run_from_argv(
                [
                    "i18n",
                    "makemessages",
                    "-l",
                    "zh_Hans",
                    "--no-location",
                    "--no-wrap",
                    "--no-obsolete",
                    "-v",
                    "0",
                ]
            )
        finally:
            os.chdir(here)
        return polib.pofile(str(copy / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"))


def setup_django() -> None:
    """``makemessages`` wants settings, but nothing of ours."""
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=True, LOCALE_PATHS=[])


def key(entry: polib.POEntry) -> Key:
    """Return what makes an entry one of its kind."""
    return (entry.msgctxt, entry.msgid)


def catalogue() -> polib.POFile:
    """Return the committed catalogue."""
    return polib.pofile(str(CATALOGUE)) if CATALOGUE.exists() else polib.POFile()


def updated(old: polib.POFile, source: polib.POFile) -> polib.POFile:
    """Return the source's messages with the old translations, sorted; nothing is guessed."""
    known = {key(entry): entry for entry in old if not entry.obsolete}
    new = polib.POFile(wrapwidth=110)
    new.metadata = dict(METADATA)
    for entry in sorted(source, key=lambda item: (item.msgid, item.msgctxt or "")):
        before = known.get(key(entry))
        flags = [flag for flag in entry.flags if flag != "fuzzy"]
        fresh = polib.POEntry(
            msgctxt=entry.msgctxt, msgid=entry.msgid, msgid_plural=entry.msgid_plural, flags=flags
        )
        if entry.msgid_plural:
            fresh.msgstr_plural = {0: translation(before)}
        else:
            fresh.msgstr = translation(before)
        new.append(fresh)
    return new


def translation(entry: polib.POEntry | None) -> str:
    """Return the one Chinese form of an entry."""
    if entry is None:
        return ""
    return str(entry.msgstr_plural.get(0, "")) if entry.msgid_plural else str(entry.msgstr)


def set_translation(entry: polib.POEntry, text: str) -> None:
    """Give an entry its Chinese form."""
    if entry.msgid_plural:
        entry.msgstr_plural = {0: text}
    else:
        entry.msgstr = text


def save(po: polib.POFile) -> None:
    """Write and compile the catalogue."""
    from build_frontend import catalogues

    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    po.save(str(CATALOGUE))
    catalogues()


def update() -> int:
    """Bring the catalogue to the source's messages."""
    po = updated(catalogue(), extracted())
    save(po)
    print(f"{len(po)} messages, {len(untranslated(po))} without a translation")
    return 0


def merge(files: list[str]) -> int:
    """Take translations from other files for messages that the catalogue has and that are untranslated or differ."""
    po = updated(catalogue(), extracted())
    entries = {key(entry): entry for entry in po}
    unknown: list[str] = []
    for file in files:
        for given in polib.pofile(file):
            entry = entries.get(key(given))
            if entry is None:
                unknown.append(f"{Path(file).name}: {given.msgid!r} is not in the source")
            elif text := translation(given):
                report_conflict(entry, text, Path(file).name)
                set_translation(entry, text)
    save(po)
    for sentence in [*unknown, *(f"untranslated: {entry.msgid!r}" for entry in untranslated(po))]:
        print(sentence)
    return 0


def report_conflict(entry: polib.POEntry, text: str, file: str) -> None:
    """Say that a translation is about to be replaced."""
    if translation(entry) not in {"", text}:
        print(f"{file}: {entry.msgid!r}: {translation(entry)!r} becomes {text!r}")


def untranslated(po: polib.POFile) -> list[polib.POEntry]:
    """Return the entries without Chinese."""
    return [entry for entry in po if not translation(entry)]


def problems() -> list[str]:
    """Return one sentence for each thing that is wrong with the committed catalogue."""
    po = catalogue()
    found = [f"untranslated: {entry.msgid!r}" for entry in untranslated(po) if not entry.obsolete]
    found += [f"fuzzy: {entry.msgid!r}" for entry in po if "fuzzy" in entry.flags]
    found += [f"obsolete: {entry.msgid!r}" for entry in po.obsolete_entries()]
    source = {key(entry) for entry in extracted()}
    ours = {key(entry) for entry in po if not entry.obsolete}
    found += [
        f"not in the catalogue (run `python tools/i18n.py update`): {k[1]!r}"
        for k in sorted(source - ours, key=str)
    ]
    found += [
        f"no longer in the source (run `python tools/i18n.py update`): {k[1]!r}"
        for k in sorted(ours - source, key=str)
    ]
    if not found and str(updated(po, extracted())).strip() != CATALOGUE.read_text(encoding="utf-8").strip():
        found.append("the catalogue is not as `python tools/i18n.py update` writes it")
    return found


def check() -> int:
    """Exit 1 when the catalogue is not complete."""
    sentences = problems()
    print("\n".join(sentences) or "catalogue: complete")
    return 1 if sentences else 0


def main(arguments: list[str]) -> int:
    """Run ``update``, ``merge FILE…`` or ``check``."""
    if arguments == ["update"]:
        return update()
    if arguments == ["check"]:
        return check()
    if len(arguments) > 1 and arguments[0] == "merge":
        return merge(arguments[1:])
    print("usage: python tools/i18n.py update | merge FILE… | check", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
