"""`watchd feeds add`: from an address to a feed in config.toml."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.desk import DeskFolder
from tests.support.site import Answer, Site, rss
from watchd.config import load

NOW = datetime.now(UTC).replace(microsecond=0)
HTML = [("Content-Type", "text/html; charset=utf-8")]


def news(count: int = 20, gap: timedelta = timedelta(minutes=28), **more: Any) -> list[Any]:
    return [
        {"title": f"North Korea says that the launch was a success {n}", "guid": f"g{n}",
         "link": f"https://example.org/{n}", "date": NOW - n * gap, **more}
        for n in range(count)
    ]  # fmt: skip


def page(site: Site, path: str, head: str = "", body: str = "") -> None:
    markup = f"<!doctype html><html><head><title>x</title>{head}</head><body>{body}</body></html>"
    site.answer(path, Answer(body=markup.encode(), headers=HTML))


def blocks(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(text).get("feed", [])
    return found


def test_a_feed_is_looked_at_and_its_block_printed(desk: DeskFolder, site: Site) -> None:
    site.feed("/rss.xml", news(), title="Harbour Times - Latest news")
    done = desk.watchd("feeds", "add", site.url("/rss.xml"), "--tags", "korea,wire")
    assert (done.returncode, done.stderr) == (0, "")
    assert blocks(done.stdout) == [
        {"name": "harbour-times", "url": site.url("/rss.xml"), "publisher": "Harbour Times",
         "lang": "en", "interval": "15m", "tags": ["korea", "wire"], "private": True}
    ]  # fmt: skip
    assert "# Harbour Times - Latest news: 20 items over 9 h: ask at least every 2h" in done.stdout


def test_the_output_can_be_put_behind_config_toml(desk: DeskFolder, site: Site) -> None:
    site.feed("/rss.xml", news(), title="Wire")
    desk.config.write_text(desk.config.read_text().rstrip("\n"))
    done = desk.watchd("feeds", "add", site.url("/rss.xml"))
    with desk.config.open("a") as config:
        config.write(done.stdout)
    assert [feed.name for feed in load(desk.config, environ={}).feeds] == ["wire"]


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<link rel="alternate" type="application/rss+xml" href="news/all">', ""),
        ("", '<a href="/news/all?format=rss">All the news</a>'),
        ("", '<a href="/news/all">RSS</a>'),
    ],
)
def test_the_feed_of_a_page(desk: DeskFolder, site: Site, head: str, body: str) -> None:
    page(site, "/", head, body)
    for path in ("/news/all", "/news/all?format=rss"):
        site.feed(path, news(), title="Wire")
    done = desk.watchd("feeds", "add", site.url("/").removeprefix("http://"))
    assert done.returncode == 0, done.stderr
    (feed,) = blocks(done.stdout)
    assert feed["url"].startswith(site.url("/news/all"))


def test_a_page_that_names_none_may_have_one_where_most_have_theirs(
    desk: DeskFolder, site: Site
) -> None:
    page(site, "/english/")
    site.feed("/english/feed", news(3), title="Wire")
    done = desk.watchd("feeds", "add", site.url("/english/"))
    assert [feed["url"] for feed in blocks(done.stdout)] == [site.url("/english/feed")]
    assert site.asked("/feed") == []  # it was found before that


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=403),
        Answer(status=429, headers=[("Retry-After", "90")]),
        Answer(body=b"<html><title>Just a moment...</title></html>", headers=HTML),
    ],
    ids=["forbidden", "too often", "a bot wall"],
)
def test_a_closed_door_is_not_knocked_at(desk: DeskFolder, site: Site, answer: Answer) -> None:
    site.answer("/", answer)
    site.feed("/feed", news(), title="Wire")
    done = desk.watchd("feeds", "add", site.url("/"))
    assert (done.returncode, done.stdout) == (1, "")
    assert len(site.requests) == 1


def test_a_news_sitemap_is_the_last_resort(desk: DeskFolder, site: Site) -> None:
    page(site, "/")
    robots = f"User-agent: *\nSitemap: {site.url('/maps.xml')}\n"
    index = f"<sitemapindex><sitemap><loc>{site.url('/news-1.xml')}</loc></sitemap></sitemapindex>"
    story = (
        "<url><loc>https://example.org/1</loc><n:news><n:title>A launch</n:title>"
        "<n:publication_date>2026-01-08T09:00:00Z</n:publication_date></n:news></url>"
    )
    space = 'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
    site.answer("/robots.txt", Answer(body=robots.encode()))
    site.answer("/maps.xml", Answer(body=index.encode()))
    site.answer("/news-1.xml", Answer(body=f"<urlset {space}>{story}</urlset>".encode()))
    done = desk.watchd("feeds", "add", site.url("/"))
    assert [feed["url"] for feed in blocks(done.stdout)] == [site.url("/news-1.xml")]


def test_the_best_comes_first_and_all_on_demand(desk: DeskFolder, site: Site) -> None:
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{path}">'
        for path in ("/comments/feed", "/empty", "/gone", "/feed", "/atom", "/sport")
    )
    page(site, "/", links)
    site.feed("/comments/feed", news(5), title="Comments for Wire")
    site.feed("/empty", [], title="Empty")
    site.feed("/feed", news(), title="Wire")
    site.feed("/atom", news(), title="Wire")  # the same in another form
    sport = [{"title": "A match", "link": "https://example.org/sport/1"}]
    site.feed("/sport", sport, title="Wire")
    best = desk.watchd("feeds", "add", site.url("/"))
    assert [feed["url"] for feed in blocks(best.stdout)] == [site.url("/feed")]
    assert f"also there: {site.url('/sport')}" in best.stderr
    found = blocks(desk.watchd("feeds", "add", site.url("/"), "--all").stdout)
    paths = [feed["url"].removeprefix(site.url("")) for feed in found]
    assert paths == ["/feed", "/sport", "/empty", "/comments/feed"]
    assert len({feed["name"] for feed in found}) == 4


def test_what_a_page_leads_to_is_no_word_of_the_user(desk: DeskFolder, site: Site) -> None:
    inside = site.url("/feed", host="127.0.0.2")
    page(site, "/", f'<link rel="alternate" type="application/rss+xml" href="{inside}">')
    site.feed("/feed", news(), title="Inside")
    site.feed("/rss", news(), title="Wire")
    found = desk.watchd("feeds", "add", site.url("/"))
    assert not [request for request in site.requests if request.host == "127.0.0.2"]
    assert blocks(found.stdout)[0]["url"] == site.url("/feed")


def test_a_password_is_sent_to_its_place_and_not_told(desk: DeskFolder, site: Site) -> None:
    page(site, "/", '<link rel="alternate" type="application/rss+xml" href="/feed">')
    site.feed("/feed", news(), title="Wire")
    address = site.url("/").replace("http://", "http://anna:s3cretword@")
    done = desk.watchd("feeds", "add", address)
    assert blocks(done.stdout)[0]["url"] == f"{address}feed"
    assert "s3cretword" not in done.stderr
    assert all(request.header("Authorization") for request in site.requests)


def test_write_adds_it_and_leaves_all_else(desk: DeskFolder, site: Site) -> None:
    site.feed("/rss.xml", news(), title="Wire")
    before = b'# mine\r\ndatabase = "watchd.db"   # here\r\n\r\n# the end'
    desk.config.write_bytes(before)
    done = desk.watchd("feeds", "add", site.url("/rss.xml"), "--write", "--name", "my-wire")
    assert (done.returncode, done.stdout) == (0, "")
    after = desk.config.read_bytes()
    assert after.startswith(before + b"\r\n\r\n# Wire: 20 items")
    assert b"\n" not in after.replace(b"\r\n", b"")
    (feed,) = load(desk.config, environ={}).feeds
    assert (feed.name, feed.url, feed.private) == ("my-wire", site.url("/rss.xml"), True)
    assert not [path.name for path in desk.path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    "config",
    ['feed = [{ name = "a", url = "https://a.example/" }]\n', "databse = 1\n"],
    ids=["a list in one line", "a mistake of its own"],
)
def test_a_file_that_would_not_be_good_stays_as_it_is(
    desk: DeskFolder, site: Site, config: str
) -> None:
    site.feed("/rss.xml", news(), title="Wire")
    desk.config.write_text(config)
    done = desk.watchd("feeds", "add", site.url("/rss.xml"), "--write")
    assert (done.returncode, done.stdout) == (78, "")
    assert "config.toml:" in done.stderr
    assert desk.config.read_text() == config


def test_what_is_there_already_is_said_to_be(desk: DeskFolder, site: Site) -> None:
    site.feed("/rss.xml", news(), title="Wire")
    page(site, "/", '<link rel="alternate" type="application/rss+xml" href="/rss.xml">')
    desk.feed("wire", site.url("/rss.xml"))
    before = desk.config.read_text()
    for words in ([site.url("/rss.xml")], [site.url("/")], [site.url("/rss.xml/"), "--write"]):
        done = desk.watchd("feeds", "add", *words)
        assert (done.returncode, done.stdout) == (1, "")
        assert "already, as feed 'wire'" in done.stderr
    site.feed("/other.xml", news(), title="Wire")
    done = desk.watchd("feeds", "add", site.url("/other.xml"), "--name", "Wire")
    assert (done.returncode, "there is a feed 'Wire'" in done.stderr) == (1, True)
    assert blocks(desk.watchd("feeds", "add", site.url("/other.xml")).stdout)[0]["name"] != "wire"
    assert desk.config.read_text() == before


def test_a_title_cannot_leave_its_quotes_nor_reach_the_terminal(
    desk: DeskFolder, site: Site
) -> None:
    evil = '\x9b31m"]\n[[receiver]]\nname = "x"\nurl = "json://evil.example" # \u202e'
    site.feed("/rss.xml", news(title=evil), title=evil)
    done = desk.watchd("feeds", "add", site.url("/rss.xml"), "--write")
    assert done.returncode == 0, done.stderr
    read = load(desk.config, environ={})
    assert (len(read.feeds), read.receivers) == (1, ())
    for words in (["add", site.url("/rss.xml?2")], ["check", site.url("/rss.xml")]):
        site.feed("/rss.xml?2", news(title=evil), title=evil)
        said = desk.watchd("feeds", *words)
        assert not {"\x9b", "\x1b", "\u202e"} & set(said.stdout + said.stderr)


def test_an_encoding_that_is_named_wrongly_and_a_zone_that_lacks(
    desk: DeskFolder, site: Site
) -> None:
    text = "Корабль вышел из порта на рассвете, сообщили в пароходстве"
    body = rss([{"title": f"{text} {n}", "link": f"/{n}", "date": "2026-01-08 09:00"}
                for n in range(5)], title="Порт", lang="en-US")  # fmt: skip
    site.answer("/rss.xml", Answer(body=body.decode().encode("cp1251")))
    done = desk.watchd("feeds", "add", site.url("/rss.xml"))
    (feed,) = blocks(done.stdout)
    assert (feed["encoding"], feed["lang"]) == ("windows-1251", "ru")
    assert "timezone" not in feed
    assert '# timezone = "Europe/Moscow"' in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["gopher://example.org"], 2, "begins with https:// or http://"),
        (["PAGE", "--name", "two words"], 2, "a name has letters"),
        (["PAGE", "--tags", "a b"], 2, "a tag is one word"),
        (["PAGE", "--all", "--name", "a"], 2, "leave out --all"),
        (["PAGE"], 1, "no feed was found there"),
    ],
)
def test_what_cannot_be_done(
    desk: DeskFolder, site: Site, words: list[str], code: int, said: str
) -> None:
    page(site, "/")
    done = desk.watchd("feeds", "add", *(word.replace("PAGE", site.url("/")) for word in words))
    assert (done.returncode, done.stdout) == (code, "")
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_json_for_scripts(desk: DeskFolder, site: Site) -> None:
    site.feed("/rss.xml", news(), title="Wire")
    done = desk.watchd("feeds", "add", site.url("/rss.xml"), "--json")
    (feed,) = json.loads(done.stdout)["feeds"]
    assert (feed["name"], feed["entries"], feed["interval"]) == ("wire", 20, "15m")
    assert blocks(feed["toml"])[0]["name"] == "wire"
