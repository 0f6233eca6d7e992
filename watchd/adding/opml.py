"""OPML, the lists of feeds that feed readers exchange: read with care, and written. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from watchd.errors import WatchdError
from watchd.parse.decode import decode
from watchd.values import Struct, field

MAX_BYTES = 10 * 2**20
MAX_FEEDS = 5_000
_DEEPEST = 100  # outlines within outlines
_LONGEST = 4000  # characters of one attribute
_SETTINGS = "watchd:settings"  # what a [[feed]] says beyond the words of OPML, as JSON
_NAMESPACE = "https://watchd.invalid/opml"


class Outline(Struct, frozen=True, kw_only=True):
    """A feed in a list: as it stands there, a stranger's word all of it."""

    url: str
    title: str = ""
    page: str = ""
    lang: str = ""
    folders: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


class Outlines(Struct):
    """What a list holds; `trouble` says why it may not be all of it."""

    feeds: list[Outline] = field(default_factory=list)
    trouble: str = ""


def read(data: bytes) -> Outlines:
    """The feeds of an OPML document; of a broken one, those before the place where it breaks.

    Raises WatchdError for what is no OPML, is too large, or defines entities.
    """
    if len(data) > MAX_BYTES:
        raise WatchdError(
            f"this list is over {MAX_BYTES // 2**20} MiB: no list of feeds is so large"
        )
    reader = _Reader()
    text = decode(data).text
    try:
        reader.parser.Parse(text[:MAX_BYTES].lstrip().encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        if not reader.is_opml:
            raise WatchdError(f"this is no OPML: {error}") from None
        reader.found.trouble = f"the list is broken ({error}); what stands before that was read"
    if not reader.is_opml:
        raise WatchdError("this is no OPML: its outermost element is another one")
    return reader.found


class _Reader:
    """Hears the elements of a document as they come; keeps the feeds."""

    def __init__(self) -> None:
        self.found = Outlines()
        self.is_opml = False
        self._around: list[str] = []  # the words of the outlines around; "" for one that is a feed
        self._begun = False
        self.parser = expat.ParserCreate("utf-8")  # as decoded, whatever it declares
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._entity

    def _entity(self, *_: object) -> None:
        raise WatchdError("this list defines entities of its own, as no reader's does: refused")

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        name = element.lower()
        if not self._begun:
            self._begun = True
            self.is_opml = name == "opml"
        if name != "outline":
            return
        said = {key.lower(): value[:_LONGEST] for key, value in attributes.items()}
        url = " ".join(said.get("xmlurl", "").split())
        words = said.get("title", "").strip() or said.get("text", "").strip()
        self._around.append("" if url else words)
        if len(self._around) > _DEEPEST:
            raise WatchdError(f"this list nests outlines more than {_DEEPEST} deep: refused")
        if not url or not self.is_opml:
            return
        if len(self.found.feeds) >= MAX_FEEDS:
            raise WatchdError(f"this list has more than {MAX_FEEDS:,} feeds: split it")
        folders = [*self._around[:-1], *_categories(said.get("category", ""))]
        self.found.feeds.append(
            Outline(
                url=url,
                title=words,
                page=said.get("htmlurl", ""),
                lang=said.get("language", ""),
                folders=tuple(dict.fromkeys(filter(None, folders))),
                settings=_settings(said.get(_SETTINGS, "")),
            )
        )

    def _end(self, element: str) -> None:
        if element.lower() == "outline":
            self._around.pop()


def _categories(text: str) -> list[str]:
    """ "/Boston/Weather,/Tags" is two of them, of two steps and one."""
    return [step.strip() for one in text.split(",") for step in one.split("/") if step.strip()]


def _settings(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def written(feeds: Iterable[Mapping[str, Any]]) -> str:
    """An OPML document of [[feed]] tables, each as config.toml has it."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:watchd="{_NAMESPACE}">',
        "  <head><title>Feeds of watchd</title></head>",
        "  <body>",
    ]
    for feed in feeds:
        title = feed.get("publisher") or feed["name"]
        said = {
            "type": "rss",
            "text": title,
            "title": title,
            "xmlUrl": feed["url"],
            "language": feed.get("lang", ""),
            "category": ",".join(f"/{tag}" for tag in _tags(feed)),
            _SETTINGS: json.dumps(
                {key: value for key, value in feed.items() if key != "url"}, ensure_ascii=False
            ),
        }
        inner = " ".join(f"{key}={quoteattr(_clean(str(v)))}" for key, v in said.items() if v)
        lines.append(f"    <outline {inner}/>")
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def _tags(feed: Mapping[str, Any]) -> list[str]:
    tags = feed.get("tags", [])
    return [tags] if isinstance(tags, str) else list(tags)


def _clean(text: str) -> str:
    """Without what XML does not allow in any way of writing it."""
    return "".join(c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))
