"""What rose, fell or is new in the language of the archive, in five scripts."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.archive.world import NOW, archive_of
from tests.support.desk import DeskFolder
from watchd.cli.session import now as clock
from watchd.model import Item
from watchd.render.phrases import intro
from watchd.vocabulary import survey
from watchd.words.grams import Corpus
from watchd.words.shift import Story, chance, g2, shifts

AT = datetime.fromisoformat("2026-03-01T09:00:00+00:00")

# Of each language: words that are always there, and a phrase that comes up.
LANGS = {
    "en": ("farm steel mill visit plan school river bridge party music".split(), "heroic martyrs"),
    "ko": ("농장 제강소 학교 다리 음악 계획 방문 강물 당원 예술".split(), "적대적 두 국가"),
    "ru": ("ферма завод школа мост музыка визит река партия план".split(), "особая дружба"),
    "zh": ("农场 钢厂 学校 桥梁 音乐 访问 河流 计划 艺术 工人".split(), "最高人民会议代表"),
    "ja": ("農場 製鋼 学校 橋梁 音楽 訪問 河川 計画 芸術 労働".split(), "ミサイル防衛網"),
}  # fmt: skip
SPACED = {"en", "ko", "ru"}


def stories(lang: str, count: int, seed: int, *, phrase: str = "", times: int = 0) -> list[Story]:
    """Distinct texts of usual words, `times` of them with a phrase as well."""
    r, usual = Random(seed), LANGS[lang][0]
    gap = " " if lang in SPACED else "、"
    found = []
    for number in range(count):
        words = [r.choice(usual) for _ in range(8)]
        if number < times:
            words.insert(r.randrange(8), phrase)
        at = AT + timedelta(hours=number)
        text, url = gap.join(words), f"https://example.org/{number}"
        found.append(Story(text=text, title=text[:30], url=url, source="wire", lang=lang, at=at))
    return found


@pytest.mark.parametrize("lang", LANGS)
def test_a_phrase_that_is_new_is_found_whole(lang: str) -> None:
    phrase = LANGS[lang][1]
    (one,) = shifts(stories(lang, 40, 1, phrase=phrase, times=9), stories(lang, 300, 2)).found
    assert (one.words, one.kind, one.lang) == (phrase, "new", lang)
    assert (one.now, one.of_now, one.before, one.of_before) == (9, 40, 0, 300)
    assert one.chance < 0.01
    assert one.change > 5
    assert len(one.examples) == 3
    assert one.examples[0].at > one.examples[1].at
    assert all(phrase in story.text for story in one.examples)


def test_a_phrase_that_rose_and_one_that_fell() -> None:
    rose = shifts(
        stories("en", 60, 1, phrase="drone attack", times=15),
        stories("en", 400, 2, phrase="drone attack", times=8),
    )
    assert [(one.words, one.kind) for one in rose.found] == [("drone attack", "rose")]
    fell = shifts(stories("en", 90, 1), stories("en", 300, 2, phrase="talks", times=90))
    assert [(one.words, one.kind) for one in fell.found] == [("talks", "fell")]
    assert fell.found[0].change < 0


@pytest.mark.slow
def test_what_is_usual_stays_unsaid() -> None:
    """A hundred weeks in which nothing changes: the chance of a false one is 1 % in each."""
    false = [shifts(stories("en", 40, n), stories("en", 160, 1000 + n)).found for n in range(100)]
    assert sum(map(bool, false)) <= 3


def test_two_texts_are_not_enough() -> None:
    assert not shifts(stories("en", 4, 1, phrase="odd", times=2), stories("en", 500, 2)).found


def test_a_language_without_a_past_says_so() -> None:
    told = shifts([*stories("en", 30, 1), *stories("ko", 30, 1)], stories("en", 100, 2))
    assert told.not_ready == ("ko",)


def test_a_term_that_is_ignored_takes_its_phrases_along() -> None:
    now, before = stories("en", 40, 1, phrase="Day of the Sun", times=12), stories("en", 300, 2)
    assert [one.words for one in shifts(now, before).found] == ["day of the sun"]
    assert shifts(now, before, ignore=["day of the sun"]).found == ()
    assert shifts(now, before, ignore=["SUN"]).found == ()
    assert shifts(now, before, ignore=["Sund"]).found != ()


@pytest.mark.parametrize("phrase", ["on Monday", "in March", "the", "2026", "said"])
def test_dates_and_small_words_are_no_news(phrase: str) -> None:
    assert not shifts(stories("en", 40, 1, phrase=phrase, times=20), stories("en", 300, 2)).found


def test_a_number_in_a_name_is_part_of_it() -> None:
    (one,) = shifts(stories("en", 40, 1, phrase="KN-23", times=9), stories("en", 300, 2)).found
    assert one.words == "kn 23"


def test_korean_words_are_one_with_any_particle() -> None:
    corpus = Corpus(["김정은이 왔다. 김정은은 갔다", "김정은 국제회의", "평양에서"])
    tokens = [[corpus.tokens[number] for number in text if number] for text in corpus.texts]
    assert tokens == [["김정은", "왔다", "김정은", "갔다"], ["김정은", "국제회의"], ["평양에서"]]


def test_phrases_end_with_their_clause() -> None:
    corpus = Corpus(["Kim left. Putin, 2.5 tons (U.S. aid)", "外交部，发言人"])
    first, second = (
        {corpus.words(gram) for gram in corpus.grams(text, 2)} for text in corpus.texts
    )
    assert first == {"kim left", "2 5", "5 tons", "u s", "s aid"}
    assert second == {"外交", "交部", "发言", "言人"}


def test_the_statistics_are_those_of_the_books() -> None:
    assert g2(10, 100, 10, 100) == pytest.approx(0, abs=1e-9)
    # Dunning's formula over the table 110, 2442, 111, 29114: his example "the swiss" gives 270.72.
    assert g2(110, 110 + 2442, 111, 111 + 29114) == pytest.approx(270.72, abs=0.01)
    assert chance(6.635, 1) == pytest.approx(0.01, rel=0.01)
    assert chance(6.635, 200) == 1


@pytest.fixture
def archive(desk: DeskFolder) -> DeskFolder:
    """Some weeks of news; in the last one a phrase comes up, one text under many links."""
    now = clock()
    lines = stories("en", 260, 5), stories("en", 40, 6, phrase="heroic martyrs", times=6)
    news = []
    for number, story in enumerate([*lines[0], *lines[1], *[lines[1][0]] * 30]):
        days = 30 - number * 22 / 260 if number < 260 else 6 - (number - 260) / 20
        news.append(
            Item(key="", title=f"<b>{story.text}", url=f"https://example.org/{number}", lang="en",
                 published=now - timedelta(days=days))
        )  # fmt: skip
    # First seen now, all of them: what counts is when they came out.
    store = archive_of(desk.path, [("wire", one) for one in news], apart=timedelta(0))
    from sqlalchemy import update

    from watchd.store.schema import items

    store.write(lambda db: db.execute(update(items).values(first_seen_at=now, seen_at=now)))
    store.close()
    return desk


def test_the_report(archive: DeskFolder, tmp_path: Path) -> None:
    told = json.loads(archive.watchd("words", "--json").stdout)
    assert (told["texts"], told["texts_before"]) == (40, 260)
    (one,) = told["words"]
    assert (one["words"], one["kind"], one["now"], one["before"]) == ("heroic martyrs", "new", 6, 0)
    assert len(one["examples"]) == 3
    plain = archive.watchd("words").stdout
    assert "New\n  heroic martyrs  6 of 40, before 0 of 260; chance" in plain
    assert "‹b›" in plain
    assert "<b>" not in plain
    assert "https://example.org/2" in plain
    (tmp_path / "ignore.txt").write_text("martyrs  # each summer\n", "utf-8")
    words = ("words", "--ignore", str(tmp_path / "ignore.txt"))
    assert "Nothing rose or fell by more than chance" in archive.watchd(*words).stdout


def test_a_baseline_that_is_none(desk: DeskFolder) -> None:
    done = desk.watchd("words", "--since", "7d", "--baseline", "2099-01-01")
    assert done.returncode == 2
    assert "baseline" in done.stderr


def test_where_memory_is_short_copies_are_left_out_or_counted_together(tmp_path: Path) -> None:
    items = [
        ("wire", Item(key=str(n), url=f"https://example.org/{n}", title=f"dispatch {n // 2}"))
        for n in range(400)
    ]
    store = archive_of(tmp_path, items)
    period = {"baseline": NOW - timedelta(days=35), "since": NOW - timedelta(days=7), "until": NOW}
    every = survey(store, **period)
    shares = [survey(store, **period, share=share) for share in (2, 4)]
    store.close()
    assert every.texts + every.texts_before == 200
    counted = [one.texts + one.texts_before for one in shares]
    assert 80 < counted[0] < 120
    assert 30 < counted[1] < 70
    assert "Only one text in 4 was counted" in intro(shares[1])
