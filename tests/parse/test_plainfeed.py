"""Plain feeds are read without feedparser, and to the same effect."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from watchd.model import ParsedFeed
from watchd.parse.feed import parse_feed
from watchd.parse.plainfeed import parse_plain
from watchd.parse.repair import find, repair

URL = "https://example.org/news/feed.xml"

WORDPRESS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:atom="http://www.w3.org/2005/Atom" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"
  xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>
<title>Desk &amp; Wire</title>
<atom:link href="https://example.org/news/feed.xml" rel="self" type="application/rss+xml"/>
<link>https://example.org</link><description>All of it</description>
<lastBuildDate>Fri, 02 Jan 2026 09:00:00 +0000</lastBuildDate><language>en-GB</language>
<sy:updatePeriod>hourly</sy:updatePeriod><generator>https://wordpress.org/?v=6.7</generator>
<image><url>https://example.org/i.png</url><title>Desk</title><link>https://example.org</link></image>
<item><title>Envoy arrives &#8211; at last</title><link>https://example.org/?a=1&amp;b=2</link>
<dc:creator><![CDATA[A. Writer]]></dc:creator><pubDate>Fri, 02 Jan 2026 08:00:00 +0000</pubDate>
<category><![CDATA[World]]></category><category><![CDATA[World]]></category>
<guid isPermaLink="false">https://example.org/?p=17</guid>
<description><![CDATA[<p>The envoy &#8230;</p>]]></description>
<content:encoded><![CDATA[<p>The envoy <b>came</b> by train.</p>]]></content:encoded>
<wfw:commentRss>https://example.org/c</wfw:commentRss><slash:comments>3</slash:comments></item>
<item><title>새해 경축</title><guid>https://example.org/2</guid><description>축전</description></item>
</channel></rss>"""

ATOM = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ru-RU"><title type="text">Лента</title>
<id>tag:example.org,2026:feed</id><updated>2026-01-02T09:00:00Z</updated>
<link rel="self" href="https://example.org/news/feed.xml"/><link rel="next" href="?page=2"/>
<author><name>Desk</name></author>
<entry><id>tag:example.org,2026:1</id><title type="html">Поезд &lt;i&gt;прибыл&lt;/i&gt;</title>
<link href="/news/1"/><link rel="enclosure" href="https://example.org/a.mp3" type="audio/mpeg"/>
<author><name>И. Петров</name><uri>https://example.org/p</uri></author>
<author><name>Desk</name></author><category term="rail" label="Дороги"/>
<published>2026-01-02T07:00:00+03:00</published><updated>2026-01-02T09:00:00Z</updated>
<summary>Коротко</summary><content type="html">&lt;p&gt;Поезд прибыл.&lt;/p&gt;</content></entry>
<entry><id>https://example.org/news/2</id><title>Zwei</title></entry></feed>"""


def both(text: str, lang: str = "") -> tuple[ParsedFeed | None, ParsedFeed]:
    """A document, read as a plain one and by feedparser."""
    document = find(text)
    assert document is not None
    repair(document)
    said = {"url": URL, "lang": lang, "timezone": ""}
    return parse_plain(document, **said), parse_feed(document, **said)


def test_the_feeds_that_most_sites_have_are_plain_and_read_as_feedparser_reads_them() -> None:
    for text in (WORDPRESS, ATOM):
        for lang in ("", "ko"):
            plain, whole = both(text, lang)
            assert plain == whole
            assert len(whole.items) == 2


def test_what_is_not_known_is_left_to_feedparser() -> None:
    odd = {
        "a base of its own": ("<channel>", '<channel xml:base="https://other.example/">'),
        "a second title": ("<slash:comments>3</slash:comments>", "<title>Another</title>"),
        "an element within a title": ("Desk &amp; Wire", "Desk <b>Wire</b>"),
        "an element nobody knows": ("<slash:comments>3</slash:comments>", "<summary>!</summary>"),
        "a language of an item": ("<slash:comments>3</slash:comments>", "<language>ru</language>"),
        "an item with an attribute": ("<item><title>Envoy", '<item xml:lang="ru"><title>Envoy'),
        "letters of Windows": ("A. Writer", "A. Writer\x92s"),
        "slashes too many": ("<guid>https://", "<guid>https:///"),
    }
    for why, (one, other) in odd.items():
        assert one in WORDPRESS
        plain, whole = both(WORDPRESS.replace(one, other, 1))
        assert plain is None, why
        assert len(whole.items) == 2, why


texts = st.sampled_from(
    ["", " ", "Kim", "a\n b", "&amp;", "&lt;p&gt;Ride &amp;amp; b&lt;/p&gt;",
     "<![CDATA[<i>x</i> y]]>",
     "https://example.org/a", "https://example.org/?a=1&amp;b=2", "/a b", "mailto:x@example.org",
     "Ð¡Ð¾ÑŽÐ·", "caf\u00e9", "caf\u00c3\u00a9", "로켓",
     "Fri, 02 Jan 2026 08:00:00 GMT", "2026-01-02T08:00:00Z",
     "x <!-- no --> y", "<b>bold</b>", "\x85", "http:////example.org", "wordpress", "en-US"]
)  # fmt: skip
attributes = st.sampled_from(
    ["", "", "", "", ' type="html"', ' type="text"', ' type="xhtml"', ' isPermaLink="false"',
     ' isPermaLink="true"', ' domain="d"', ' xml:lang="ru"', ' xml:base="/b/"', ' href="/h"',
     ' rel="alternate" href="/r"', ' rel="enclosure" href="/e"', ' href="/t" type="text/plain"',
     ' term="t"', ' term="t" label="l"', ' url="/u"', ' rel="next" href="/n"', ' lang="uk"']
)  # fmt: skip
names = st.sampled_from(
    ["title", "link", "guid", "description", "pubDate", "author", "category", "content:encoded",
     "dc:creator", "dc:date", "dc:subject", "comments", "enclosure", "source", "media:content",
     "atom:link", "atom:updated", "atom:summary", "atom:title", "atom:id", "atom:content",
     "atom:category", "slash:comments", "dc:title", "media:title", "summary", "id", "updated",
     "language", "generator", "image", "cloud", "x:title", "atom:author", "managingEditor"]
)  # fmt: skip
elements = st.builds(
    lambda name, said, text: f"<{name}{said}>{text}</{name}>", names, attributes, texts
)
people = st.builds(
    lambda one, two: f"<atom:author><atom:name>{one}</atom:name>{two}</atom:author>",
    texts,
    st.sampled_from(["", "<atom:email>a@example.org</atom:email>", "<atom:uri>/p</atom:uri>"]),
)
parts = st.lists(st.one_of(elements, elements, people), max_size=7).map("".join)
SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:x="urn:x"'
)


@settings(max_examples=400, deadline=None)
@given(head=parts, items=st.lists(parts, min_size=1, max_size=3), rest=elements, atom=st.booleans())
def test_whatever_is_taken_for_plain_is_what_feedparser_makes_of_it(
    head: str, items: list[str], rest: str, atom: bool
) -> None:
    if atom:
        entries = "".join(f"<atom:entry>{item}</atom:entry>" for item in items)
        text = f"<atom:feed {SPACES}>{head}{entries}{rest}</atom:feed>"
    else:
        entries = "".join(f"<item>{item}</item>" for item in items)
        text = f'<rss version="2.0" {SPACES}><channel>{head}{entries}{rest}</channel></rss>'
    plain, whole = both(text)
    assert plain is None or plain == whole
