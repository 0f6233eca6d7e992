"""JSON Feed 1.0 and 1.1, told by what is in the document, whatever its header says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from watchd.model import Item, ParsedFeed
from watchd.parse.html import to_line
from watchd.parse.items import language, make_item, same_site, web_address

_ITEMS = re.compile(r'"items"\s*:\s*\[\s*')
_BETWEEN = re.compile(r"\s*,?\s*")
_TITLE = re.compile(r'\A\s*\{[^{}\[\]]*?"title"\s*:\s*("(?:[^"\\]|\\.)*")')
# JSON can name one half of a character beyond U+FFFF, which is none, and in no text that is kept.
_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")


def parse_json(text: str, *, url: str, lang: str, timezone: str) -> ParsedFeed:
    """The items of a JSON Feed; of one that is cut short, those that are whole."""
    problems: list[str] = []
    truncated = False
    try:
        document, end = json.JSONDecoder().raw_decode(text)
        if text[end:].strip():
            problems.append("text after the end of the JSON document")
    except RecursionError:
        return _error("JSON that is nested too deeply")
    except ValueError as error:
        document, truncated = _salvaged(text)
        if document is None:
            return _error(f"not valid JSON: {error}")
        problems.append(f"not valid JSON: {error}")
    if _HALF_ESCAPED.search(text):
        document = _whole(document)
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return _error("JSON, but not a JSON Feed (it has no list of `items`)")
    if "jsonfeed.org" not in str(document.get("version", "")):
        problems.append("no JSON Feed `version`")

    feed_lang = lang or language(_string(document, "language"))
    base = url or _string(document, "home_page_url")
    items = []
    nameless = 0
    for number, entry in enumerate(document["items"], start=1):
        try:
            item = _item(entry, base, lang, feed_lang, timezone)
        except Exception as error:  # one bad item never loses the rest
            problems.append(f"item {number} could not be read: {type(error).__name__}: {error}")
            continue
        if item is None:
            nameless += 1
        else:
            items.append(item)
    if nameless:
        problems.append(f"left out, having neither `id` nor `url`: {nameless}")
    return ParsedFeed(
        status="truncated" if truncated else "ok",  # parse_document knows better
        title=to_line(_string(document, "title")),
        lang=feed_lang,
        entries=len(items),
        items=tuple(items),
        problems=tuple(problems),
        older=same_site(web_address(_string(document, "next_url"), url), url),
    )


def _item(entry: Any, base: str, lang: str, feed_lang: str, timezone: str) -> Item | None:
    if not isinstance(entry, dict):
        raise TypeError("not an object")
    guid = entry.get("id")
    if isinstance(guid, bool) or not isinstance(guid, str | int | float) or guid == "":
        guid = ""
    link = _string(entry, "url") or _string(entry, "external_url")
    if guid == "" and not link:
        return None
    markup = _string(entry, "content_html")
    return make_item(
        guid=str(guid),
        url=link,
        base=base,
        title=_string(entry, "title"),
        texts=(_string(entry, "summary"), markup or _string(entry, "content_text")),
        author=", ".join(_authors(entry)),
        categories=[tag for tag in _list(entry, "tags") if isinstance(tag, str)],
        lang=lang or language(_string(entry, "language")) or feed_lang,
        published_raw=_string(entry, "date_published") or _string(entry, "date_modified"),
        timezone=timezone,
    )


def _authors(entry: dict[str, Any]) -> Iterator[str]:
    for author in (*_list(entry, "authors"), entry.get("author")):
        if isinstance(author, dict) and _string(author, "name"):
            yield _string(author, "name")


def _salvaged(text: str) -> tuple[dict[str, Any] | None, bool]:
    """The whole items of a JSON Feed that breaks off or down, and whether more were to come."""
    start = _ITEMS.search(text)
    if start is None:
        return None, False
    decoder = json.JSONDecoder()
    items: list[Any] = []
    at = start.end()
    try:
        while text.startswith("{", at):
            item, at = decoder.raw_decode(text, at)
            items.append(item)
            at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
    except (ValueError, RecursionError):
        pass
    title = _TITLE.match(text)
    document = {
        "version": "jsonfeed.org" if "jsonfeed.org" in text[:2000] else "",
        "title": json.loads(title[1], strict=False) if title else "",
        "items": items,
    }
    return document, not (text.startswith("]", at) and text.rstrip().endswith("}"))


def _whole(value: Any) -> Any:
    """A value of JSON with U+FFFD for each half of a character."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_whole(key): _whole(inner) for key, inner in value.items()}
    return [_whole(inner) for inner in value] if isinstance(value, list) else value


def _error(problem: str) -> ParsedFeed:
    return ParsedFeed(status="error", problems=(problem,))


def _string(mapping: dict[str, Any], name: str) -> str:
    value = mapping.get(name)
    return value if isinstance(value, str) else ""


def _list(mapping: dict[str, Any], name: str) -> list[Any]:
    value = mapping.get(name)
    return value if isinstance(value, list) else []
