"""Any document a server may send in answer to a feed's address, read for what it is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from watchd import __version__
from watchd.model import IdentityPolicy, ParsedFeed
from watchd.parse.cut import cut
from watchd.parse.decode import Decoded, decode
from watchd.parse.delta import read_new, with_window
from watchd.parse.feed import parse_feed
from watchd.parse.html import feed_links, page_title
from watchd.parse.identity import under
from watchd.parse.items import web_address
from watchd.parse.jsonfeed import parse_json
from watchd.parse.repair import Document, find, repair
from watchd.parse.sitemap import parse_sitemap
from watchd.parse.window import Window, unpack

_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.I)
_HTML_FIRST = frozenset(("b", "br", "center", "div", "h1", "meta", "p", "script", "table", "title"))
_FIRST_TAG = re.compile(r"<([A-Za-z_][\w:.-]{0,60})")
_CHALLENGE = re.compile(
    r"just a moment\.\.\.|checking your browser|cf-chl|challenge-platform|captcha|ddos-guard"
    r"|verify(?:ing)? (?:that )?you are (?:a )?human|enable javascript and cookies"
    r"|attention required|access denied|request unsuccessful",
    re.I,
)
_LOGIN = re.compile(r"<input[^<>]{0,300}type\s*=\s*[\"']?password", re.I)
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
    window: bytes = b"",
) -> ParsedFeed:
    """Read `body` for what it is, not for what its header says. Never raises.

    `url` is the final address; relative links are resolved against it. `content_type` is the
    HTTP header. `encoding`, `lang` and `timezone` come from config.toml and override the
    document (`timezone`, an IANA name, only for dates that carry no zone), and `identity` says
    what makes an item the same. `window` is that of the last complete document from the same
    address: entries that stood in it word for word are only counted.
    """
    settings = _Settings(url, encoding, lang, timezone, identity)
    try:
        return _parse(body, content_type, settings, unpack(window))
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
    body: bytes, content_type: str, settings: _Settings, before: Window | None
) -> ParsedFeed:
    url, encoding, lang, timezone, identity = settings
    if not body.strip():
        return _error("an empty body: the server sent nothing")
    for start, kind in _BINARY:
        if body.startswith(start):
            return _error(f"{kind}, not a feed")
    decoded = decode(body, content_type=content_type, encoding=encoding)
    if decoded.text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        text = decoded.text.lstrip("\ufeff \t\r\n")
        parsed = parse_json(text, url=url, lang=lang, timezone=timezone)
        parsed = replace(parsed, items=tuple(under(identity, item) for item in parsed.items))
        return _judged(with_window(parsed, None, ""), decoded, parsed.status == "truncated")
    document = find(decoded.text)
    if document is None:
        return _not_a_feed(decoded.text, url)
    if document.root == "opml":
        return _error("OPML, a list of feeds: name the feeds in it (`watchd feeds import`)")
    if document.root == "sitemapindex":
        return _error("a sitemap index, not a feed: name one of the news sitemaps in it")
    return _parse_xml(document, decoded, settings, before)


def _parse_xml(
    document: Document, decoded: Decoded, settings: _Settings, before: Window | None
) -> ParsedFeed:
    url, _, lang, timezone, identity = settings

    def read(part: Document) -> ParsedFeed:
        parse = parse_sitemap if part.root == "urlset" else parse_feed
        parsed = parse(part, url=url, lang=lang, timezone=timezone)
        return replace(parsed, items=tuple(under(identity, item) for item in parsed.items))

    # A relative link in a document of no address is relative to what the document itself says.
    parts = cut(document.text) if url and document.root in ("rss", "rdf", "feed") else None
    said = "\0".join((__version__, *settings))
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
    links = [link for link in (web_address(href, url) for href in feed_links(text)) if link]
    if links:
        problems.append(f"the page names these feeds: {', '.join(links[:5])}")
    return ParsedFeed(status="html", title=title, problems=tuple(problems), wall=wall)


def _error(problem: str) -> ParsedFeed:
    return ParsedFeed(status="error", problems=(problem,))
