"""The text of an article, out of the page around it. trafilatura is used here and nowhere else.

It is imported in the parser process only, and only for the first article: it takes 0.2 s.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from trafilatura import extract

from watchd.model import Item, ParsedFeed
from watchd.parse.decode import decode
from watchd.parse.html import page_title, to_text

_ENOUGH = 200  # bytes of text: 200 Latin letters, or 67 of Han, which say as much
_LITTLE = 600  # characters: a text of this size may be a wall that talks like an article
_PAGE = re.compile(r"text/html|application/xhtml\+xml", re.I)
_CHARSET = re.compile(rb"<meta\s[^<>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.I)
# KCNA sets names in <nobr>, with no space beside it; trafilatura would join the words.
_APART = re.compile(r"</?nobr\b[^<>]*>", re.I)
_NOT_FOUND = re.compile(
    r"^\W*(?:error\W*)?(?:404|410)\b|(?:page|article|story|document|content)\s+(?:was\s+|is\s+)?"
    r"(?:not\s+found|no longer|unavailable|removed|does(?:n.t| not) exist)|not found\W*$"
    r"|страница не найдена|页面不存在|找不到(?:该|您|页)|ページが見つかりません"
    r"|페이지를 찾을 수 없",
    re.I,
)
_WALL = re.compile(
    r"just a moment\.\.\.|checking your browser|attention required|access denied|captcha"
    r"|verify(?:ing)? (?:that )?you are (?:a )?human|are you a robot|unusual traffic"
    r"|enable javascript and cookies|request unsuccessful|ddos.guard|pardon our interruption",
    re.I,
)
_CONSENT = re.compile(
    r"before you continue|(?:we|our partners)\b.{0,60}\buse cookies|your privacy choices"
    r"|cookie (?:consent|settings)|accept all cookies|manage your (?:consent|cookies)",
    re.I,
)
_CONSENT_HOST = re.compile(r"(?:^|[.-])consent[.-]", re.I)


def read_article(body: bytes, *, url: str = "", content_type: str = "") -> ParsedFeed:
    """A page as a document of one item, whose `article` is its text. Never raises.

    Navigation, sidebars, comments and footers are left out. `url` is the final address. Status
    "ok", or "error" with the reason in `problems`.
    """
    try:
        return _read(body, url, content_type)
    except MemoryError:
        return _error("the page could not be read: it needs too much memory")
    except Exception as error:  # a page must never be able to stop the daemon
        return _error(f"the page could not be read: {type(error).__name__}")


def _read(body: bytes, url: str, content_type: str) -> ParsedFeed:
    if content_type and not _PAGE.match(content_type.strip()):
        return _error(f"{content_type.partition(';')[0].strip()[:60]}, not a web page")
    if _CONSENT_HOST.search(urlsplit(url).hostname or ""):
        return _error("it leads to a page that asks for consent to cookies")
    page = decode(body, content_type=_with_charset(content_type, body)).text
    title = page_title(page)
    if _NOT_FOUND.search(title):
        return _error(f'the page is not there: its title is "{title[:100]}"')
    if _WALL.search(title):
        return _error("a bot wall stands before it")
    text = _text(page)
    if len(text) < _LITTLE:
        if _WALL.search(text):
            return _error("a bot wall stands before it")
        if _CONSENT.search(text):
            return _error("it leads to a page that asks for consent to cookies")
        if _NOT_FOUND.search(text.partition("\n")[0]):
            return _error("the page says that there is no such article")
    if len(text.encode()) < _ENOUGH:
        return _error("the page has no text of an article that could be told from the rest of it")
    item = Item(key=url, url=url, title=title, article=text)
    return ParsedFeed(status="ok", title=title, entries=1, items=(item,))


def _with_charset(content_type: str, body: bytes) -> str:
    """The header, with the encoding that the page itself names where the header names none."""
    named = _CHARSET.search(body, 0, 4096)
    if named is None or "charset" in content_type.lower():
        return content_type
    return f"{content_type or 'text/html'}; charset={named[1].decode('ascii')}"


def _text(page: str) -> str:
    found = extract(
        _APART.sub(" ", page),
        output_format="html",  # `to_text` makes paragraphs and list lines of it, as of feeds
        favor_precision=True,  # a word in a sidebar must not make an alert
        include_comments=False,
        include_tables=True,
    )
    return to_text(found) if found else ""


def _error(problem: str) -> ParsedFeed:
    return ParsedFeed(status="error", problems=(problem,))
