"""Where the feed of a page may be."""

from __future__ import annotations

import pytest

from watchd.adding import addresses


@pytest.mark.parametrize(
    ("page", "feed"),
    [
        ("https://www.youtube.com/channel/UCabc", "youtube.com/feeds/videos.xml?channel_id=UCabc"),
        ("https://www.youtube.com/playlist?list=PL1", "/feeds/videos.xml?playlist_id=PL1"),
        ("https://github.com/a/b", "https://github.com/a/b/releases.atom"),
        ("https://github.com/a/b.git", "https://github.com/a/b/releases.atom"),
        ("https://github.com/a/b/commits/main", "https://github.com/a/b/commits/main.atom"),
        ("https://github.com/a/b/tags", "https://github.com/a/b/tags.atom"),
        ("https://github.com/a", "https://github.com/a.atom"),
        ("https://old.reddit.com/r/northkorea/", "https://www.reddit.com/r/northkorea/.rss"),
        ("https://mastodon.example/@anna", "https://mastodon.example/@anna.rss"),
        ("https://medium.com/@anna", "https://medium.com/feed/@anna"),
        ("https://anna.substack.com/p/a-post", "https://anna.substack.com/feed"),
        ("https://anna.wordpress.com/2026/", "https://anna.wordpress.com/feed/"),
        ("https://anna.blogspot.com/", "https://anna.blogspot.com/feeds/posts/default"),
        ("https://bsky.app/profile/anna.example", "https://bsky.app/profile/anna.example/rss"),
    ],
)  # fmt: skip
def test_services_are_known(page: str, feed: str) -> None:
    assert addresses.services(page)[0].endswith(feed)


@pytest.mark.parametrize("page", ["https://example.org/", "https://[", "https://github.com/"])
def test_others_are_not(page: str) -> None:
    assert addresses.services(page) == []


def test_guesses_begin_beside_the_page() -> None:
    found = addresses.guesses("https://example.org/english/?a=b#c")
    assert found[0] == "https://example.org/english/feed"
    assert {"https://example.org/feed", "https://example.org/?feed=rss2"} <= set(found)
    assert len(found) == len(set(found)) <= 20


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://example.org/feed/", "http://EXAMPLE.org:80/feed", True),
        ("https://u:p@example.org/feed", "https://example.org/feed", True),
        ("https://example.org/feed?a=1", "https://example.org/feed?a=2", False),
        ("https://example.org/Feed", "https://example.org/feed", False),
        ("https://example.org:8443/feed", "https://example.org/feed", False),
    ],
)
def test_one_feed_under_two_addresses(one: str, other: str, same: bool) -> None:
    assert (addresses.same_address(one) == addresses.same_address(other)) == same


@pytest.mark.parametrize(
    ("url", "title", "comments"),
    [
        ("https://example.org/comments/feed/", "", True),
        ("https://example.org/?feed=comments-rss2", "", True),
        ("https://example.org/a", "Comments on: a post", True),
        ("https://example.org/commentary/feed", "Commentary", False),
    ],
)
def test_what_readers_say_is_not_what_is_published(url: str, title: str, comments: bool) -> None:
    assert addresses.is_for_comments(url, title) == comments


def test_sitemaps_for_news_come_first() -> None:
    robots = "User-agent: *\nSitemap: https://a.example/all.xml\nsitemap:https://a.example/news.xml"
    assert addresses.sitemaps(robots)[0] == "https://a.example/news.xml"
    index = "<sitemapindex><sitemap><loc> https://a.example/pages.xml </loc></sitemap>"
    index += "<sitemap><loc>https://a.example/news-1.xml</loc></sitemap></sitemapindex>"
    assert addresses.parts_of_index(index) == ["https://a.example/news-1.xml"]
