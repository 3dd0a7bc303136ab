"""Search in 1,000,000 short records beside LIKE: median and 99th percentile by kind of question; target 50 ms.

Run as ``.venv/bin/python bench/search.py [records]`` for SQLite in a folder that is thrown away, or under
``tools/with_postgres.py`` for PostgreSQL. The records are invented; every question is asked as the page asks it, with
the permission of each row looked up inside the query.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

os.environ["XUEQU_HOME"] = tempfile.mkdtemp(prefix="xuequ-bench-")
os.environ["DJANGO_SETTINGS_MODULE"] = "xuequ.site.settings"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

django.setup()

import numpy as np  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from xuequ.core.search import finding, tokens  # noqa: E402
from xuequ.core.search.entries import SearchEntry  # noqa: E402
from xuequ.core.search.sources import SearchSource  # noqa: E402

RECORDS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
SCHOOLS = 300
ENDINGS = ("期末测试", "作业记录", "增值评价", "阅读打卡", "体质监测", "课堂记录", "教研活动", "问卷结果")
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾"


def source(kind: str, *, people: bool) -> SearchSource:
    """Return a source whose rows are looked up one by one, as those of the district are."""
    return SearchSource(
        kind=kind,
        title=kind,
        icon="search",
        entries=lambda _keys: (),
        visible=lambda _actor: SearchEntry.objects.exclude(kind="hidden"),
        places=lambda actor: actor,
        show=lambda _actor, _keys: {},
        of_people=people,
    )


def texts(rng: np.random.Generator) -> Iterator[tuple[str, str, str, str]]:
    """Yield kind, text, number and school: half the records are things, half are people."""
    signs = np.array([chr(0x4E00 + place) for place in range(3000)])
    weights = 1 / np.arange(1, 3001)
    drawn = rng.choice(signs, size=(RECORDS, 4), p=weights / weights.sum())
    schools = rng.integers(SCHOOLS, size=RECORDS)
    for place in range(RECORDS):
        school = f"school{schools[place]}"
        free = "".join(drawn[place])
        if place % 2:
            yield (
                "person",
                SURNAMES[place * 7919 % len(SURNAMES)] + free[: 1 + place % 4 // 2],
                f"G{place:018d}",
                school,
            )
        else:
            yield "thing", f"第{schools[place]}小学{free}{ENDINGS[place * 31 % len(ENDINGS)]}", "", school


def write(table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Append rows, on PostgreSQL by COPY."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {table} VALUES (%s, %s, %s)", rows)


def build() -> list[tuple[str, str, str]]:
    """Fill the index and a plain table for LIKE; return a sample of kind, text and school."""
    call_command("migrate", verbosity=0)
    sample = []
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "DROP INDEX core_search_vector"
            )  # made at once below: a million rows one by one take long
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_plain (id bigint PRIMARY KEY, kind varchar(24), body varchar(200))"
        )
        entries: list[tuple[str, int, str]] = []
        plain: list[tuple[int, str, str]] = []
        for place, (kind, text, number, school) in enumerate(texts(np.random.default_rng(7))):
            blind = kind == "person"
            made = tokens.indexed(
                kind, [text], numbers=[number] if number else [], places=[school], blind=blind
            )
            entries.append((kind, place + 1, made))
            plain.append((place + 1, kind, tokens.fold(text)))
            if place % 3331 < 2:
                sample.append((kind, text, school))
            if len(entries) == 20_000 or place == RECORDS - 1:
                write("core_searchentry (kind, object_id, tokens)", entries)
                write("bench_plain (id, kind, body)", plain)
                entries, plain = [], []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("CREATE INDEX core_search_vector ON core_searchentry USING gin (vector)")
        cursor.execute("ANALYZE")
    return sample


def like(word: str, kind: str) -> None:
    """Ask the same of the plain table, without any permission."""
    with connection.cursor() as cursor:
        where = "FROM bench_plain WHERE kind = %s AND body LIKE %s"
        cursor.execute(f"SELECT id {where} ORDER BY id DESC LIMIT 20", [kind, f"%{word}%"])
        cursor.fetchall()
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 {where} LIMIT 501) AS few", [kind, f"%{word}%"])
        cursor.fetchall()


def timed(label: str, ask: Callable[[], object], into: dict[str, list[float]]) -> None:
    """Add the time that ``ask`` takes."""
    start = time.perf_counter()
    ask()
    into.setdefault(label, []).append((time.perf_counter() - start) * 1000)


def questions(sample: list[tuple[str, str, str]]) -> Iterator[tuple[str, str, str, frozenset[str] | None]]:
    """Yield label, kind, words and places."""
    rng = np.random.default_rng(11)
    for kind, text, school in sample:
        size = 2
        place = int(rng.integers(max(len(text) - size + 1, 1)))
        whole = "things, two characters" if kind == "thing" else "people, two characters"
        yield whole, kind, text[place : place + size], None
        yield f"{whole}, of one school", kind, text[place : place + size], frozenset({school})
        yield f"{kind}, one character", kind, text[place], None
        yield f"{kind}, whole text", kind, text, None
    for place in range(200):
        number = f"{(place * 49_999 * 2 + 1) % RECORDS:018d}"
        yield "people, last six digits", "person", number[-6:], None
        yield "worst: 小学 (half of all)", "thing", "小学", None
        yield "worst: 小学 of one school", "thing", "小学", frozenset({f"school{place}"})
        yield "worst: 一小 (rare of common)", "thing", "一小", None
        yield "worst: two words", "thing", "小学 期末", None
        yield "worst: nobody's school", "thing", "小学", frozenset({"school99999"})
        yield "worst: 王 (one character)", "person", "王", None


def main() -> None:
    """Build, ask, print."""
    start = time.perf_counter()
    sample = build()
    print(f"{connection.vendor}: {RECORDS:,} records indexed in {time.perf_counter() - start:.0f} s")
    sources = {"thing": source("thing", people=False), "person": source("person", people=True)}
    found: dict[str, list[float]] = {}

    def ask(kind: str, places: frozenset[str] | None, words: list[str]) -> object:
        rows = finding.matching(places, sources[kind], words)
        return finding.newest(kind, rows, narrowed=places is not None)

    for number, (label, kind, words, places) in enumerate(questions(sample)):
        asked = finding.asked(words)
        search = lambda: ask(kind, places, asked)  # noqa: B023, E731
        timed(label, search, found)
        if number % 40 == 0:
            timed(f"LIKE: {kind}", lambda: like(tokens.fold(words), kind), found)  # noqa: B023
    for label, times in found.items():
        middle, late, most = np.percentile(times, [50, 99, 100])
        print(
            f"{label:<36}{len(times):6} asked  p50 {middle:7.2f} ms  p99 {late:7.2f} ms  most {most:7.2f} ms"
        )


if __name__ == "__main__":
    main()
