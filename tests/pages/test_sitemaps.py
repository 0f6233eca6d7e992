"""Sitemaps of news, and indexes of them: the newest first, a few at a check, no old news sent."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from tests.pages.conftest import Watched
from tests.support.desk import NOW
from tests.support.site import Answer, Site
from watchd.model import ParsedFeed
from watchd.parse.document import parse_document
from watchd.sitemaps import AT_A_CHECK

HOUR = timedelta(hours=1)
Watch = Callable[..., Watched]
XML = [("Content-Type", "application/xml")]
SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def news(*stories: tuple[str, datetime | str]) -> bytes:
    """A news sitemap of (title, date)."""
    rows = "".join(
        f"<url><loc>https://x.example/{title.replace(' ', '-')}</loc><news:news>"
        f"<news:publication><news:name>X</news:name></news:publication><news:publication_date>"
        f"{date if isinstance(date, str) else date.isoformat()}</news:publication_date>"
        f"<news:title>{title}</news:title></news:news></url>"
        for title, date in stories
    )
    return f'<?xml version="1.0"?><urlset {SPACES}>{rows}</urlset>'.encode()


def index(site: Site, sitemaps: Mapping[str, str], **more: str) -> bytes:
    """An index of sitemaps: path and lastmod."""
    rows = "".join(
        f"<sitemap><loc>{path if '://' in path else site.url(path)}</loc>"
        + (f"<lastmod>{lastmod}</lastmod>" if lastmod else "")
        + "</sitemap>"
        for path, lastmod in sitemaps.items()
    )
    return f'<?xml version="1.0"?><sitemapindex {SPACES}>{rows}</sitemapindex>'.encode()


def asked(page: Watched) -> list[str]:
    """The paths asked for since the last time, without robots.txt."""
    paths = [one.path for one in page.site.requests if one.path != "/robots.txt"]
    page.site.requests.clear()
    return paths


def test_a_news_sitemap_is_read_as_a_feed(watch: Watch) -> None:
    page = watch("/news.xml", type="sitemap")
    page.shows(news(("One", NOW)))
    page.desk.once(NOW)
    page.shows(news(("A launch", NOW + HOUR), ("One", NOW)))
    page.desk.once(NOW + HOUR)
    assert page.titles() == ["One", "A launch"]
    assert len(page.alerts()) == 1


def test_a_packed_sitemap_is_unpacked(watch: Watch) -> None:
    page = watch("/index.xml", type="sitemap")
    page.shows(index(page.site, {"/news.xml.gz": "2026-01-08T08:00Z"}))
    packed = [("Content-Type", "application/gzip")]
    page.site.answer("/news.xml.gz", Answer(body=gzip.compress(news(("One", NOW))), headers=packed))
    page.desk.once(NOW)
    assert page.titles() == ["One"]


def test_of_an_index_only_what_changed_is_read_the_newest_first(watch: Watch) -> None:
    page = watch("/index.xml", type="sitemap")
    days = {f"/{day}.xml": f"2026-01-{day:02}T20:00:00+00:00" for day in range(1, 9)}
    for day, path in enumerate(days, 1):
        page.site.answer(path, Answer(body=news((f"Day {day} launch", NOW)), headers=XML))
    page.shows(index(page.site, days))
    page.desk.once(NOW)
    assert asked(page) == ["/index.xml", "/8.xml", "/7.xml", "/6.xml", "/5.xml", "/4.xml"]
    page.desk.once(NOW + HOUR)
    assert asked(page) == ["/index.xml"]  # what lies further back has been passed over
    later = NOW + 2 * HOUR
    page.site.answer(
        "/2.xml", Answer(body=news(("Of old launch", NOW - HOUR), ("New launch", later)))
    )
    page.site.answer("/9.xml", Answer(body=news(("Day 9 launch", later))))
    page.shows(index(page.site, {**days, "/2.xml": later.isoformat(), "/9.xml": "2026-01-09"}))
    page.desk.once(later)
    assert asked(page) == ["/index.xml", "/9.xml", "/2.xml"]
    assert sorted(page.titles()[-3:]) == ["Day 9 launch", "New launch", "Of old launch"]
    # What the archive held before we looked is old news.
    assert [title for title in page.alerts() if "Of old" in title] == []
    assert len(page.alerts()) == 2


def test_what_was_too_much_for_one_check_is_read_at_the_next_though_the_index_stays(
    watch: Watch,
) -> None:
    page = watch("/index.xml", type="sitemap")
    page.site.answer("/a.xml", Answer(body=news(("One", NOW))))
    page.shows(index(page.site, {"/a.xml": "2026-01-01T00:00Z"}), etag='"1"')
    page.desk.once(NOW)
    more = {f"/n{number}.xml": f"2026-01-08T1{number}:00Z" for number in range(8)}
    for path in more:
        story = (f"Launch {path}", NOW + HOUR)
        page.site.answer(path, Answer(body=news(story)))
    page.shows(index(page.site, more), etag='"2"')
    asked(page)
    page.desk.once(NOW + HOUR)
    assert len(asked(page)) == 1 + AT_A_CHECK
    page.desk.once(NOW + 2 * HOUR)
    assert asked(page) == ["/index.xml", "/n2.xml", "/n1.xml", "/n0.xml"]
    page.desk.once(NOW + 3 * HOUR)
    assert asked(page) == ["/index.xml"]
    assert len(page.titles()) == 9
    assert len(page.alerts()) == 8


def test_sitemaps_without_a_date_are_asked_in_turn_and_conditionally(watch: Watch) -> None:
    page = watch("/index.xml", type="sitemap")
    paths = [f"/s{number}.xml" for number in range(6)] + ["/news.xml"]
    for path in paths:
        page.site.answer(path, Answer(body=news((f"Story {path}", NOW)), etag='"x"'))
    page.shows(index(page.site, dict.fromkeys(paths, "")), etag='"1"')
    page.desk.once(NOW)
    assert asked(page)[1:] == ["/news.xml", "/s0.xml", "/s1.xml", "/s2.xml", "/s3.xml"]
    page.desk.once(NOW + HOUR)
    assert [one.header("If-None-Match") for one in page.site.asked("/news.xml")] == [b'"x"']
    assert asked(page)[1:] == ["/news.xml", "/s4.xml", "/s5.xml", "/s0.xml", "/s1.xml"]
    assert len(page.titles()) == 7
    assert page.alerts() == []


def test_a_day_alone_is_looked_at_until_it_is_over(watch: Watch) -> None:
    page = watch("/index.xml", type="sitemap")
    page.shows(index(page.site, {"/today.xml": "2026-01-08", "/old.xml": "2026-01-02"}))
    page.site.answer("/old.xml", Answer(body=news(("Old", NOW))))
    page.site.answer("/today.xml", Answer(body=news(("One", NOW))))
    page.desk.once(NOW)
    page.site.answer("/today.xml", Answer(body=news(("One", NOW), ("A launch", NOW + HOUR))))
    asked(page)
    page.desk.once(NOW + HOUR)
    assert asked(page) == ["/index.xml", "/today.xml"]
    assert len(page.alerts()) == 1
    page.desk.once(NOW + 48 * HOUR)
    assert asked(page) == ["/index.xml"]


def test_images_videos_other_sites_and_mere_pages_are_passed_over(watch: Watch) -> None:
    page = watch("/index.xml", type="sitemap")
    lists = ["/image-sitemap.xml", "/sitemap_videos.xml", "/sitemap-images-1.xml", "/pages.xml"]
    when = dict.fromkeys([*lists, "http://127.0.0.9:1/x.xml"], "2026-01-08T08:00Z")
    page.site.answer("/news.xml", Answer(body=news(("Imagery launch", NOW))))
    pages = f"<urlset {SPACES}><url><loc>https://x.example/1</loc></url></urlset>"
    page.site.answer("/pages.xml", Answer(body=pages.encode()))
    page.shows(index(page.site, {**when, "/news.xml": "2026-01-08T07:00Z"}))
    page.desk.once(NOW)
    assert asked(page) == ["/index.xml", "/pages.xml", "/news.xml"]
    assert page.titles() == ["Imagery launch"]
    [feed] = json.loads(page.desk.watchd("feeds", "list", "--json").stdout)
    assert (feed["health"], feed["error"]) == ("ok", None)
    when["/pages.xml"] = "2026-01-08T10:00Z"
    page.shows(index(page.site, {**when, "/news.xml": "2026-01-08T07:00Z"}))
    page.desk.once(NOW + HOUR)
    assert asked(page) == ["/index.xml"]


def test_one_broken_sitemap_loses_no_other_and_is_asked_again(watch: Watch) -> None:
    page = watch("/index.xml", type="sitemap")
    page.shows(index(page.site, {"/a.xml": "2026-01-08T08:00Z", "/b.xml": "2026-01-08T07:00Z"}))
    page.site.answer("/b.xml", Answer(body=news(("One", NOW))))
    page.desk.once(NOW)
    assert page.titles() == ["One"]
    [feed] = json.loads(page.desk.watchd("feeds", "list", "--json").stdout)
    assert feed["health"] == "degraded"
    assert "/a.xml: 404 Not Found" in feed["error"]
    page.site.answer("/a.xml", Answer(body=news(("A launch", NOW + HOUR / 2))))
    page.desk.once(NOW + HOUR)
    assert page.titles() == ["One", "A launch"]
    assert len(page.alerts()) == 1


@pytest.mark.parametrize("status", [200, 503])
def test_an_index_of_which_nothing_can_be_read_is_failing(watch: Watch, status: int) -> None:
    page = watch("/index.xml", type="sitemap")
    page.shows(index(page.site, {"/a.xml": "2026-01-08T08:00Z"}))
    page.site.answer("/a.xml", Answer(status=status, body=b"<p>Sorry"))
    assert page.desk.once(NOW).failed == 1
    page.site.answer("/a.xml", Answer(body=news(("One launch", NOW))))
    page.desk.once(NOW + 3 * HOUR)
    assert page.titles() == ["One launch"]
    assert page.alerts() == []


def test_login_and_private_address_are_of_the_index_alone(watch: Watch, site: Site) -> None:
    address = site.url("/index.xml").replace("http://", "http://anna:secret@")
    elsewhere = site.url("/b.xml", host="localhost")
    page = watch("/index.xml", type="sitemap")
    page.desk.lines = [line.replace(site.url("/index.xml"), address) for line in page.desk.lines]
    page.desk.write()
    page.shows(index(site, {"/a.xml": "2026-01-08T08:00Z", elsewhere: "2026-01-08T09:00Z"}))
    site.answer("/a.xml", Answer(body=news(("One", NOW))))
    page.desk.once(NOW)
    assert [one.header("Authorization") for one in site.requests if one.path == "/a.xml"] == [
        b"Basic YW5uYTpzZWNyZXQ="
    ]
    assert [one.path for one in site.requests if "b.xml" in one.path] == []
    assert page.titles() == ["One"]


def test_check_walks_an_index_as_a_first_look_does(watch: Watch) -> None:
    page = watch("/index.xml", type="sitemap")
    page.shows(index(page.site, {"/a.xml": "2026-01-08T08:00Z"}))
    page.site.answer("/a.xml", Answer(body=news(("One", NOW))))
    said = json.loads(page.desk.watchd("feeds", "check", "page", "--json").stdout)
    assert [one["title"] for one in said["items"]] == ["One"]
    seen = page.desk.watchd("feeds", "check", page.site.url("/index.xml"))
    assert 'type = "sitemap"' in seen.stdout


def parsed(document: str) -> ParsedFeed:
    return parse_document(document.encode(), url="https://x.example/s.xml", source="sitemap")


def test_a_picture_s_title_is_none_of_a_story() -> None:
    picture = (
        "<image:image><image:loc>https://x.example/p.jpg</image:loc><image:title>P</image:title>"
    )
    story = news(("Story", datetime(2026, 1, 8, tzinfo=UTC))).decode()
    one = parsed(story.replace("</loc>", f"</loc>{picture}</image:image>"))
    assert [(item.title, item.url) for item in one.items] == [("Story", "https://x.example/Story")]
    only = f"<urlset {SPACES}><url><loc>https://x.example/1</loc>{picture}</image:image></url></urlset>"
    assert (parsed(only).status, parsed(only).items) == ("error", ())


def test_an_index_names_its_sitemaps_and_when_they_changed() -> None:
    one = parsed(
        "<sitemapindex><sitemap><loc>a.xml</loc><lastmod>2026-01-08</lastmod></sitemap>"
        "<sitemap><loc>javascript:x</loc></sitemap><sitemap/></sitemapindex>"
    )
    assert one.sitemaps == (("https://x.example/a.xml", "2026-01-08"),)
    assert parsed("<sitemapindex/>").status == "error"


def test_news_in_a_sitemap_is_no_lie_of_its_index(watch: Watch) -> None:
    page = watch("/index.xml", type="sitemap", audit_every="1h")
    page.shows(index(page.site, {"/a.xml": ""}), etag='"1"')
    page.site.answer("/a.xml", Answer(body=news(("One", NOW))))
    page.desk.once(NOW)
    page.site.answer("/a.xml", Answer(body=news(("One", NOW), ("A launch", NOW + HOUR))))
    page.desk.once(NOW + 2 * HOUR)
    assert page.site.asked("/index.xml")[-1].header("If-None-Match") is None
    assert len(page.site.asked("/index.xml")) == 2
    [feed] = json.loads(page.desk.watchd("feeds", "list", "--json").stdout)
    assert (feed["health"], len(page.alerts())) == ("ok", 1)
