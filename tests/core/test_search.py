"""The index and the questions to it: exact parts of words on both databases, people blind, permission first."""

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from xuequ.core.registry import erasing
from xuequ.core.search import finding, indexing, tokens
from xuequ.core.search.entries import SearchEntry
from xuequ.core.search.sources import Entry, SearchSource

WORDS = st.text(alphabet="第一二小学中校Ａab9 ·王％%'\"&|!():*-\\", min_size=1, max_size=8)


def source(*, people: bool = False, places: frozenset[str] | None = None) -> SearchSource:
    """Return a source of which everything that is indexed may be found."""
    return SearchSource(
        "thing",
        "Things",
        "search",
        lambda keys: (),
        lambda actor: SearchEntry.objects.filter(kind="thing"),
        lambda actor, keys: {},
        places=lambda actor: places,
        of_people=people,
    )


def store(*texts: str, people: bool = False, places: tuple[str, ...] = (), number: str = "") -> list[int]:
    """Index the texts; returns their keys, which are those of the entries themselves."""
    keys = []
    for text in texts:
        numbers = (number,) if number else ()
        made = tokens.indexed("thing", [text], numbers=numbers, places=places, blind=people)
        row = SearchEntry.objects.create(
            kind="thing", object_id=-SearchEntry.objects.count() - 1, tokens=made
        )
        SearchEntry.objects.filter(pk=row.pk).update(object_id=row.pk)
        keys.append(row.pk)
    return keys


def found(words: str, *, people: bool = False, places: frozenset[str] | None = None) -> list[int]:
    rows = finding.matching(None, source(people=people, places=places), finding.asked(words))  # type: ignore[arg-type]
    return finding.newest("thing", rows)[0]


@pytest.mark.django_db
def test_two_characters_and_one_are_found_where_they_stand() -> None:
    first, second = store("云汀区第一实验小学", "云汀区第二中学")
    assert found("实验") == [first]
    assert found("第二") == [second]
    assert found("学") == [second, first]  # the newest first
    assert found("一实验小") == [first]
    assert found("一小") == []


@pytest.mark.django_db
def test_several_words_must_all_occur() -> None:
    first, _second = store("第一小学 七年级 数学", "第一小学 七年级 语文")
    assert found("数学 一小") == [first]
    assert found("数学 语文") == []


@pytest.mark.django_db
def test_width_case_and_spaces_do_not_matter() -> None:
    (key,) = store("Ｇrade 8 测 试")
    assert found("GRADE") == [key]
    assert found("８测") == [key]
    assert found("测试") == [key]


@given(text=WORDS, word=WORDS)
def test_tokens_say_what_contains_says(text: str, word: str) -> None:
    """The phrase of a word stands in the tokens exactly when the folded text contains the folded word."""
    folded = tokens.fold(word)
    if not folded:
        return
    stored = tokens.indexed("thing", [text]).split()
    (phrase,) = tokens.sought("thing", folded)
    length = len(phrase)
    there = any(tuple(stored[place : place + length]) == phrase for place in range(len(stored)))
    assert there == (folded in tokens.fold(text))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["a\"b'c", "100%_x", "a & b | !c", "x:* (y)", "\\", "全角％符号", "𠮷野家", "a-b_c.d"]
)
def test_no_character_means_anything_to_the_database(text: str) -> None:
    (key,) = store(text)
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            if finding.asked(text[start:end]):
                assert found(text[start:end]) == [key]


@pytest.mark.django_db
def test_both_databases_agree_with_contains() -> None:
    texts = ["第一小学", "第一中学", "一小", "小学一", "学第一", "第 一 小", "AB一", "b一小学"]
    keys = store(*texts)
    for word in ("一", "第一", "一小", "小学", "学第", "ab", "B一", "第一小学", "王"):
        expected = [
            key for key, text in zip(keys, texts, strict=True) if tokens.fold(word) in tokens.fold(text)
        ]
        assert found(word) == sorted(expected, reverse=True), word


@pytest.mark.django_db
def test_people_are_indexed_blind() -> None:
    (key,) = store("欧阳若云", people=True, number="G0123456789")
    stored = SearchEntry.objects.get(pk=key).tokens
    for clear in ("欧", "阳", "若", "云", "0123456789", *(f"{ord(char):x}" for char in "欧阳若云")):
        assert clear not in stored
    assert found("若云", people=True) == [key]
    assert found("欧", people=True) == [key]
    assert found("G0123456789", people=True) == [key]
    assert found("6789", people=True) == [key]
    assert found("789", people=True) == []  # fewer than four digits of a number find nobody
    assert found("0123", people=True) == []  # the last digits count, not the first


@pytest.mark.django_db
def test_places_narrow_the_index() -> None:
    here, there = [store("张伟", people=True, places=(place,))[0] for place in ("school1", "school12")]
    assert found("张伟", people=True, places=frozenset({"school1"})) == [here]
    assert found("张伟", people=True, places=frozenset({"school1", "school12"})) == [there, here]
    assert found("张伟", people=True, places=frozenset()) == []


@pytest.mark.django_db
def test_the_count_stops_and_the_newest_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "COUNTED", 3)
    monkeypatch.setattr(finding, "SHOWN", 2)
    keys = store("小学", "小学", "小学", "小学", "小学")
    rows = finding.matching(None, source(), ["小学"])  # type: ignore[arg-type]
    assert finding.newest("thing", rows) == ([keys[4], keys[3]], 3, True)


@pytest.mark.django_db
@pytest.mark.parametrize("window", [1, 4, 5, 100])
def test_the_window_of_the_newest_changes_no_answer(monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    monkeypatch.setattr(finding, "WINDOW", window)
    keys = store("小学", "中学", "小学", "小学", "大学")
    assert found("小学") == [keys[3], keys[2], keys[0]]
    monkeypatch.setattr(finding, "COUNTED", 2)
    monkeypatch.setattr(finding, "SHOWN", 1)
    rows = finding.matching(None, source(), ["小学"])  # type: ignore[arg-type]
    assert finding.newest("thing", rows) == ([keys[3]], 2, True)


@pytest.mark.django_db
def test_nothing_is_asked_with_nothing() -> None:
    assert finding.find(None, "  　 ") == []  # type: ignore[arg-type]


@pytest.mark.django_db
def test_changed_and_removed_entries_are_found_no_more() -> None:
    (key,) = store("旧名称")
    SearchEntry.objects.filter(pk=key).update(tokens=tokens.indexed("thing", ["新名称"]))
    assert found("旧名") == []
    assert found("新名") == [key]
    SearchEntry.objects.filter(pk=key).delete()
    assert found("新名") == []


@pytest.mark.django_db(transaction=True)
def test_the_index_follows_the_transaction() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        store("不存在的学校")
        assert len(found("不存")) == 1
        raise ZeroDivisionError
    assert found("不存") == []
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO core_search_fts(core_search_fts) VALUES ('integrity-check')")


@pytest.mark.django_db
def test_storing_twice_keeps_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "indexed_sources", lambda: {"thing": source()})
    indexing.index("thing", Entry(7, ("第一版",)))
    indexing.index("thing", Entry(7, ("第二版",)))
    (row,) = SearchEntry.objects.filter(kind="thing")
    assert row.tokens == tokens.indexed("thing", ["第二版"])


def test_an_erasure_forgets_the_index_as_well() -> None:
    assert indexing.forget_person in erasing()
