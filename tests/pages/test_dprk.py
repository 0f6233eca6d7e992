"""KCNA and Rodong Sinmun as config.toml has them ready, against an imitation of their sites."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.pages.conftest import HTML, Watched
from tests.support.desk import NOW
from tests.support.dprk import KCNA, RODONG, Story, kcna, rodong
from tests.support.site import Answer

ROOT = Path(__file__).parents[2]
HOUR = timedelta(hours=1)
Watch = Callable[..., Watched]
LAUNCH = Story(title="Respected Comrade Kim Jong Un Guides Test Launch", links=3)
GREETINGS = Story(title="Kim Jong Un Receives Greetings from Russian President", date="2026.02.19")


def ready(name: str) -> tuple[str, dict[str, str], list[str]]:
    """What config.toml has ready: the path, the keys of the feed, the lines of its page."""
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    feeds: list[dict[str, Any]] = tomllib.loads(re.sub(r"(?m)^# (?=\[|\w+ = )", "", text))["feed"]
    (feed,) = (one for one in feeds if one["name"] == name)
    page = [f'{key} = "{selector}"' for key, selector in feed["page"].items()]
    kept = {key: feed[key] for key in ("type", "lang", "identity", "timezone")}
    return re.sub(r"^http://[^/]+", "", feed["url"]), kept, page


@pytest.fixture
def kcna_en(watch: Watch) -> Watched:
    path, feed, page = ready("kcna-en")
    assert path == KCNA
    return watch(path, *page, **feed)


@pytest.fixture
def rodong_ko(watch: Watch) -> Watched:
    path, feed, page = ready("rodong-ko")
    assert path == RODONG
    return watch(path, *page, **feed)


def test_names_are_not_glued_to_the_words_around_them(kcna_en: Watched) -> None:
    kcna_en.shows(kcna([LAUNCH, GREETINGS]))
    kcna_en.desk.once(NOW)
    assert kcna_en.titles() == [
        "Respected Comrade Kim Jong Un Guides Test Launch",
        "Kim Jong Un Receives Greetings from Russian President",
    ]
    first = kcna_en.desk.items()[-1].item
    assert re.fullmatch(r"http://127.0.0.1:\d+/en/article/q/[0-9a-f]{32}\.kcmsf", first.url)
    assert (first.published_raw, first.published) == ("2026.02.20", None)  # a day is no instant
    assert first.lang == "en"


def test_one_story_under_many_links_is_one_item_and_one_alert(kcna_en: Watched) -> None:
    kcna_en.shows(kcna([GREETINGS]))
    kcna_en.desk.once(NOW)
    kcna_en.shows(kcna([LAUNCH, GREETINGS], seed="b"))
    kcna_en.desk.once(NOW + HOUR)
    kcna_en.shows(kcna([LAUNCH, GREETINGS], seed="c"))
    tally = kcna_en.desk.once(NOW + 2 * HOUR)
    assert tally.new == 0
    assert len(kcna_en.titles()) == 2
    assert len(kcna_en.alerts()) == 1


def test_a_headline_that_comes_again_another_day_is_another_story(kcna_en: Watched) -> None:
    kcna_en.shows(kcna([GREETINGS]))
    kcna_en.desk.once(NOW)
    again = Story(title=GREETINGS.title, date="2026.02.21")
    kcna_en.shows(kcna([again, GREETINGS], seed="b"))
    kcna_en.desk.once(NOW + HOUR)
    assert len(kcna_en.alerts()) == 1


def test_without_dates_every_link_counts_since_headlines_come_again(kcna_en: Watched) -> None:
    kcna_en.shows(kcna([GREETINGS], dated=False))
    kcna_en.desk.once(NOW)
    kcna_en.shows(kcna([GREETINGS], dated=False, seed="b"))
    kcna_en.desk.once(NOW + HOUR)
    assert len(kcna_en.titles()) == 2


@pytest.mark.parametrize("date", ["Juche115.2.20", "주체115(2026)년 2월 20일", "2026.02.20"])
def test_days_are_kept_as_written_in_either_calendar(kcna_en: Watched, date: str) -> None:
    kcna_en.shows(kcna([Story(title="A day", date=date)]))
    kcna_en.desk.once(NOW)
    [stored] = kcna_en.desk.items()
    assert (stored.item.title, stored.item.published_raw) == ("A day", date)
    assert stored.item.published is None


def test_the_interval_is_one_that_kcna_bears() -> None:
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    (block,) = re.findall(r'# name = "kcna-en"[\s\S]*?# \[feed', text)
    assert 'interval = "1h"' in block


@pytest.mark.parametrize("encoding", ["utf-8", "euc-kr"])
def test_rodong_is_read_with_its_relative_links_in_base64(
    rodong_ko: Watched, encoding: str
) -> None:
    stories = [
        Story(title="경애하는 김정은동지께서 위성발사장을 현지지도하시였다", date="2026.2.20."),
        Story(title="풍년을 이룩하자", date="2026.2.20."),
    ]
    body = rodong(stories, encoding=encoding)
    rodong_ko.site.answer(RODONG, Answer(body=body, headers=[("Content-Type", "text/html")]))
    rodong_ko.desk.once(NOW)
    assert rodong_ko.titles() == [story.title for story in stories]
    first = rodong_ko.desk.items()[-1].item
    assert first.url == rodong_ko.site.url("/ko/index.php?MTJAMjAyNi0wMi0yMC0wMDFAM0AxQEAwQDE=")
    assert first.published_raw == "2026.2.20."


def test_a_story_of_rodong_shown_in_another_list_is_the_same(rodong_ko: Watched) -> None:
    story = Story(title="풍년을 이룩하자", date="2026.2.20.")
    rodong_ko.site.answer(RODONG, Answer(body=rodong([story]), headers=HTML))
    rodong_ko.desk.once(NOW)
    rodong_ko.site.answer(RODONG, Answer(body=rodong([story], list_id=7), headers=HTML))
    rodong_ko.desk.once(NOW + HOUR)
    assert len(rodong_ko.titles()) == 1


def test_pages_that_changed_are_told_by_the_selector(kcna_en: Watched) -> None:
    kcna_en.shows(kcna([LAUNCH]).replace(b"article-link", b"articles"))
    assert kcna_en.desk.once(NOW).failed == 1
    shown = kcna_en.desk.watchd("feeds", "check", "page").stdout
    assert "`list` (.article-link li a) finds nothing" in " ".join(shown.split())
