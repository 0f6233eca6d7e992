"""A web page, read as a feed: its items by CSS selectors, or its text to watch for new lines.

A page has no item without a selector that someone chose, so a selector that finds nothing means
that the markup has changed, and is said by its name: it must never look like a quiet day.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from watchd.model import Item, Page, ParsedFeed
from watchd.parse.html import MAX_MARKUP, page_title, to_line, to_text, too_deep
from watchd.parse.identity import distinct
from watchd.parse.items import language, make_item, web_address

MAX_ITEMS = 1000  # of one page
_MOST = 2 * MAX_MARKUP  # characters of all its parts together
_CHOSEN = ("link", "title", "date", "text")
_AROUND = " \t\r\n[](){}<>【】〔〕|·•-–—"
_LABEL = re.compile(r"[^\d:：]{1,30}[:：]\s*(?=\d|[^\W\d]+,?\s+\d)")  # "Published: "


def is_selector(text: str) -> bool:
    """Whether this is a CSS selector that we can use."""
    try:
        _nothing().css(text)
    except SelectolaxError:
        return False
    return "\0" not in text


def parse_page(
    markup: str, page: Page, *, url: str, lang: str, timezone: str, cut: bool
) -> ParsedFeed:
    """The items of a page, or one item that holds all the text to watch.

    `url` is where it came from. `cut`: the answer broke off, so its last item or line does not
    count. Status "error" names the selector that found nothing where it should have.
    """
    markup = markup[:MAX_MARKUP]
    if too_deep(markup):
        return _error("its tags nest deeper than any author's: it was not read")
    tree = LexborHTMLParser(markup)
    lang = lang or language(_attribute(tree.css_first("html"), "lang"))
    base = web_address(_attribute(tree.css_first("base[href]"), "href"), url) or url
    title = page_title(markup)
    if not page.list:
        return _watched(tree, page, title=title, url=url, lang=lang, cut=cut)
    elements = tree.css(page.list)[:MAX_ITEMS]
    if not elements:
        return _error(_finds_nothing("list", page.list, "on this page"))
    if cut:
        elements = elements[:-1]
    found = Counter[str]()
    items = []
    for element in elements:
        if item := _item(element, page, found, base=base, lang=lang, timezone=timezone):
            items.append(item)
        if found["characters"] > _MOST:
            return _error("the selectors find parts within parts, over and over: be more precise")
    problems = [
        _finds_nothing(name, getattr(page, name), f"in any of {len(elements)} elements")
        for name in _CHOSEN
        if elements and getattr(page, name) and not found[name]
    ]
    if not items and elements:
        words = f"`list` finds {len(elements)} elements, but none with a link or a title"
        return _error(*problems or [words])
    return ParsedFeed(
        status="ok",  # parse_document knows better
        title=title,
        lang=lang,
        entries=len(items),
        items=distinct(items),
        problems=tuple(problems),
    )


def _item(
    element: LexborNode, page: Page, found: Counter[str], *, base: str, lang: str, timezone: str
) -> Item | None:
    parts = {name: _part(element, name, page) for name in _CHOSEN}
    found.update(name for name, part in parts.items() if part is not None)
    link, date = parts["link"], parts["date"]
    title = parts["title"] if page.title else link if link is not None else element
    markup = {
        name: _without(part, date) if part is not None else ""
        for name, part in (("title", title), ("text", parts["text"]))
    }
    found["characters"] += sum(map(len, markup.values()))
    address = web_address(_href(link), base)
    if not address and not to_line(markup["title"]):
        return None
    return make_item(
        url=address,
        title=markup["title"],
        texts=[markup["text"]],
        lang=lang,
        published_raw=_date(date),
        timezone=timezone,
    )


def _part(element: LexborNode, name: str, page: Page) -> LexborNode | None:
    chosen: str = getattr(page, name)
    if name == "link":
        return next((node for node in element.css(chosen or "a[href]") if _href(node)), None)
    if name == "date":
        return element.css_first(chosen or "time")
    return element.css_first(chosen) if chosen else None


def _href(node: LexborNode | None) -> str:
    """The address an element holds, itself or in the first link within it."""
    if node is None:
        return ""
    return _attribute(node, "href") or _attribute(node.css_first("a[href]"), "href")


def _date(node: LexborNode | None) -> str:
    """A date as written, without the brackets or the "Published:" around it."""
    if node is None:
        return ""
    written = _attribute(node, "datetime") or to_line(_markup(node))
    return _LABEL.sub("", written.strip(_AROUND), count=1).strip(_AROUND)


def _without(node: LexborNode, date: LexborNode | None) -> str:
    """The markup of an element; a date that stands in it is not part of its words."""
    markup = _markup(node)
    return markup.replace(date.html or "", " ") if date is not None and date.html else markup


def _watched(
    tree: LexborHTMLParser, page: Page, *, title: str, url: str, lang: str, cut: bool
) -> ParsedFeed:
    parts = tree.css(page.text or "body")[:MAX_ITEMS]
    markup = "".join(_markup(part) for part in _outermost(parts))
    text = to_text(markup)
    if cut:
        text = text.rpartition("\n")[0].rstrip()
    if not text.strip():
        if page.text:
            return _error(_finds_nothing("text", page.text, "on this page"))
        return _error("a page without any text: it may be one that only scripts fill")
    item = make_item(url=url, title=title, lang=lang)
    item = Item(key=item.key, url=item.url, title=item.title, text=text, lang=item.lang)
    return ParsedFeed(status="ok", title=title, lang=lang, entries=1, items=(item,))


def _outermost(parts: list[LexborNode]) -> Iterator[LexborNode]:
    """Those that stand in none of the others: no text twice."""
    chosen = {part.mem_id for part in parts}
    for part in parts:
        above = part.parent
        while above is not None and above.mem_id not in chosen:
            above = above.parent
        if above is None:
            yield part


def _markup(node: LexborNode) -> str:
    return f"<div>{node.html or ''}</div>"  # so that it is never taken for plain text


def _attribute(node: LexborNode | None, name: str) -> str:
    return (node.attributes.get(name) or "").strip() if node is not None else ""


def _finds_nothing(name: str, selector: str, where: str) -> str:
    return (
        f"the selector `{name}` ({selector}) finds nothing {where}: its markup has changed, "
        "or the selector in [feed.page] is wrong"
    )


def _error(*problems: str) -> ParsedFeed:
    return ParsedFeed(status="error", problems=problems)


@cache
def _nothing() -> LexborHTMLParser:
    return LexborHTMLParser("<p></p>")
