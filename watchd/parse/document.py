"""Any document a server may send in answer to a feed's address, read for what it is.

What few documents need is imported when one does: the start of the parser is waited for.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from watchd.model import IdentityPolicy, Page, ParsedFeed, SourceType
from watchd.parse.cut import cut
from watchd.parse.decode import Decoded, decode
from watchd.parse.delta import read_new, settings_said, with_window
from watchd.parse.html import feed_links, page_title
from watchd.parse.identity import keyed
from watchd.parse.items import web_address
from watchd.parse.plainfeed import parse_plain
from watchd.parse.repair import Document, find, repair
from watchd.parse.window import Window, unpack
from watchd.values import replace

_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.I)
_HTML_FIRST = frozenset(("b", "br", "center", "div", "h1", "meta", "p", "script", "table", "title"))
_FIRST_TAG = re.compile(r"<([A-Za-z_][\w:.-]{0,60})")
_CHALLENGE = re.compile(
    r"just a moment\.\.\.|checking your browser|cf-chl|challenge-platform|captcha|ddos-guard"
    r"|verify(?:ing)? (?:that )?you are (?:a )?human|enable javascript and cookies"
    r"|attention required|access denied|request unsuccessful",
    re.I,
)
_CHALLENGED = "a page that asks whether we are a browser (a bot challenge), not the one we want"
_LOGIN = re.compile(r"<input[^<>]{0,300}type\s*=\s*[\"']?password", re.I)
_META_CHARSET = re.compile(
    rb"<meta[^<>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.I
)
_SHORT = 3000  # characters: a challenge says little, an article that speaks of one says more
_MOST_LINKS = 50
_BINARY = ((b"%PDF", "a PDF"), (b"PK\x03\x04", "a ZIP archive"), (b"\x89PNG", "an image"),
           (b"\xff\xd8\xff", "an image"), (b"GIF8", "an image"))  # fmt: skip


def parse_document(
    body: bytes,
    *,
    url: str = "",
    content_type: str = "",
    encoding: str = "",
    lang: str = "",
    timezone: str = "",
    identity: IdentityPolicy = "auto",
    source: SourceType = "feed",
    page: Page | None = None,
    cut_short: bool = False,
    window: bytes = b"",
) -> ParsedFeed:
    """Read `body` for what it is, not for what its header says. Never raises.

    `url` is the final address; relative links are resolved against it. `content_type` is the
    HTTP header. `encoding`, `lang` and `timezone` come from config.toml and override the
    document (`timezone`, an IANA name, only for dates that carry no zone). So do `identity`, which
    says what makes an item the same, `page`, which says where a page keeps its items, and
    `source`: the index that a feed must not be is what a sitemap may be. `cut_short`: the answer
    broke off, which a page does not show. `window` is that of the last complete document from the
    same address: entries that stood in it word for word are only counted.
    """
    settings = _Settings(url, encoding, lang, timezone, identity)
    try:
        if page is not None:
            return _parse_page(body, page, content_type, settings, cut_short)
        return _parse(body, content_type, settings, source, unpack(window))
    except MemoryError:
        return _error("it could not be read: it needs too much memory")
    except Exception as error:  # a document must never be able to stop the daemon
        return _error(f"it could not be read: {type(error).__name__}: {error}"[:300])


class _Settings(NamedTuple):
    """What the reading of a document depends on, besides the document."""

    url: str
    encoding: str
    lang: str
    timezone: str
    identity: IdentityPolicy


def _parse(
    body: bytes,
    content_type: str,
    settings: _Settings,
    source: SourceType,
    before: Window | None,
) -> ParsedFeed:
    url, encoding, lang, timezone, identity = settings
    if nothing := _nothing_to_read(body, source):
        return nothing
    decoded = decode(body, content_type=content_type, encoding=encoding)
    if decoded.text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        from watchd.parse.jsonfeed import parse_json

        text = decoded.text.lstrip("\ufeff \t\r\n")
        parsed = parse_json(text, url=url, lang=lang, timezone=timezone)
        parsed = replace(parsed, items=keyed(parsed.items, identity))
        return _judged(with_window(parsed, None, ""), decoded, parsed.status == "truncated")
    document = find(decoded.text)
    if document is None:
        return _not_a_feed(decoded.text, url)
    if document.root == "opml":
        return _error("OPML, a list of feeds: name the feeds in it (`watchd feeds import`)")
    if document.root == "sitemapindex":
        if source == "sitemap":
            return _parse_index(document, url)
        return _error(
            'a sitemap index, not a feed: say type = "sitemap", or name a news sitemap in it'
        )
    return _parse_xml(document, decoded, settings, before)


def _parse_xml(
    document: Document, decoded: Decoded, settings: _Settings, before: Window | None
) -> ParsedFeed:
    url, _, lang, timezone, identity = settings

    def read(part: Document) -> ParsedFeed:
        if part.root == "urlset":
            from watchd.parse.sitemap import parse_sitemap

            parsed = parse_sitemap(part, url=url, lang=lang, timezone=timezone)
        else:
            plain = parse_plain(part, url=url, lang=lang, timezone=timezone)
            parsed = plain or _by_feedparser(part, settings)
        return replace(parsed, items=keyed(parsed.items, identity))

    # A relative link in a document of no address is relative to what the document itself says,
    # and where the config says what makes two items one, each has to be seen beside the others.
    is_plain = url and identity == "auto" and document.root in ("rss", "rdf", "feed")
    parts = cut(document.text) if is_plain else None
    said = settings_said(*settings)
    if before and parts and not decoded.cut:
        parsed = read_new(document, parts, before, said, read)
        if parsed:
            return _judged(parsed, decoded, False)
    noted = len(document.problems)
    repair(document)
    if not document.text:
        return ParsedFeed(status="truncated", problems=("cut short before its first item ended",))
    sound = document.well_formed and not document.truncated and len(document.problems) == noted
    parsed = _plausible(read(document), document)
    sound = sound and len(parsed.problems) == noted
    return _judged(with_window(parsed, parts if sound else None, said), decoded, document.truncated)


def _by_feedparser(part: Document, settings: _Settings) -> ParsedFeed:
    from watchd.parse.feed import parse_feed  # feedparser: not for documents that are plain

    return parse_feed(part, url=settings.url, lang=settings.lang, timezone=settings.timezone)


def _parse_index(document: Document, url: str) -> ParsedFeed:
    from watchd.parse.sitemap import parse_index

    repair(document)
    if not document.text:
        return ParsedFeed(status="truncated", problems=("cut short before its first item ended",))
    return parse_index(document, url=url)


def _parse_page(
    body: bytes, page: Page, content_type: str, settings: _Settings, cut_short: bool
) -> ParsedFeed:
    from watchd.parse.page import parse_page

    url, encoding, lang, timezone, identity = settings
    if nothing := _nothing_to_read(body, "page"):
        return nothing
    if "charset" not in content_type.lower() and (named := _META_CHARSET.search(body, 0, 4096)):
        content_type += f"; charset={named[1].decode('ascii')}"
    decoded = decode(body, content_type=content_type, encoding=encoding)
    parsed = parse_page(decoded.text, page, url=url, lang=lang, timezone=timezone, cut=cut_short)
    if wall := _wall(decoded.text, page, parsed):
        return ParsedFeed(
            status="html",
            title=page_title(decoded.text)[:100],
            problems=(wall,),
            wall=wall == _CHALLENGED,
        )
    parsed = replace(parsed, items=keyed(parsed.items, identity))
    return _judged(parsed, decoded, truncated=cut_short)


def _wall(text: str, page: Page, parsed: ParsedFeed) -> str:
    """What stands before the page that we asked for; "" when it is the page itself."""
    if parsed.status != "error":
        if page.list or len(parsed.items[0].text) > _SHORT:
            return ""
        text = f"{parsed.title} {parsed.items[0].text}"
    if _CHALLENGE.search(text[:200_000]):
        return _CHALLENGED
    if parsed.status == "error" and _LOGIN.search(text[:200_000]):
        return "a login page, not the one we want"
    return ""


def _nothing_to_read(body: bytes, source: SourceType) -> ParsedFeed | None:
    if not body.strip():
        return _error("an empty body: the server sent nothing")
    kind = next((kind for start, kind in _BINARY if body.startswith(start)), "")
    return _error(f"{kind}, not a {source}") if kind else None


def _plausible(parsed: ParsedFeed, document: Document) -> ParsedFeed:
    if parsed.entries or document.well_formed or parsed.status == "error":
        return parsed
    return replace(parsed, status="error", problems=(*parsed.problems, "no item could be read"))


def _judged(parsed: ParsedFeed, decoded: Decoded, truncated: bool) -> ParsedFeed:
    """What came of it, all known: the status a reader acts on."""
    problems = (*decoded.problems, *parsed.problems)
    if parsed.status == "error":
        return replace(parsed, problems=problems, window=b"")
    if truncated or decoded.cut:
        short = f"cut short: {parsed.entries} whole items were read, the rest is missing"
        return replace(parsed, status="truncated", problems=(*problems, short), window=b"")
    if not parsed.entries:
        return replace(parsed, status="empty", problems=problems)
    return replace(parsed, status="degraded" if problems else "ok", problems=problems)


def _not_a_feed(text: str, url: str) -> ParsedFeed:
    first = _FIRST_TAG.search(text, 0, 20_000)
    if not _HTML.search(text, 0, 20_000) and (not first or first[1].lower() not in _HTML_FIRST):
        if first and text.lstrip("\ufeff \t\r\n").startswith("<"):
            return _error(f"XML, but not a feed (its outermost element is <{first[1]}>)")
        return _error("not a feed: neither XML nor JSON")
    what = "a web page, not a feed"
    wall = _CHALLENGE.search(text[:200_000]) is not None
    if wall:
        what = "a web page that asks whether we are a browser (a bot challenge), not a feed"
    elif _LOGIN.search(text[:200_000]):
        what = "a login page, not a feed"
    title = page_title(text)[:100]
    problems = [f'{what}; its title is "{title}"' if title else what]
    base, named, linked = feed_links(text)
    base = web_address(base, url) or url
    feeds, others = (
        tuple(filter(None, dict.fromkeys(web_address(href, base) for href in hrefs)))[:_MOST_LINKS]
        for hrefs in (named, linked)
    )
    if feeds:
        problems.append(f"the page names these feeds: {', '.join(feeds[:5])}")
    return ParsedFeed(
        status="html",
        title=title,
        problems=tuple(problems),
        wall=wall,
        feeds=feeds,
        feed_links=others,
    )


def _error(problem: str) -> ParsedFeed:
    return ParsedFeed(status="error", problems=(problem,))
