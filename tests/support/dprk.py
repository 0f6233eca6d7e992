"""An imitation of the sites of KCNA and Rodong Sinmun: their markup with its traps, no text.

Names stand in <nobr><span>, at KCNA with no space left around them; one story has several links;
links are relative, and those of Rodong are a query in base64; dates are days, some in years of
Juche.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

KCNA = "/en/category/articles/q/1ee9bdb7186944f765208f34ecfb5407.kcmsf"
RODONG = "/ko/index.php?MkBAMkAxQA=="
LEADERS = ("Kim Jong Un", "Kim Jong Il", "김정은", "金正恩", "Ким Чен Ын")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One story as a site lists it; `links` are how many addresses it has there."""

    title: str
    date: str = "2026.02.20"
    links: int = 1


def kcna(stories: Iterable[Story], *, dated: bool = True, seed: str = "a") -> bytes:
    """A list of KCNA's. The hashes in its links come out of `seed`: they change by the day."""
    rows = [
        f'<li><a href="/en/article/q/{_hash(seed, story, number)}.kcmsf">'
        f"{_set_apart(story.title, space=' ?')}"
        + (f'<span class="publish-time">[{story.date}]</span>' if dated else "")
        + "</a></li>"
        for story in stories
        for number in range(story.links)
    ]
    return _page("KCNA", f'<div class="article-link"><ul>{"".join(rows)}</ul></div>').encode()


def rodong(stories: Sequence[Story], *, encoding: str = "utf-8", list_id: int = 3) -> bytes:
    """The list of a day of Rodong's; `list_id` is where a story is shown, and part of its link."""
    rows = "".join(
        f'<div class="row"><div class="col-sm-9"><div class="media"><div class="media-body">'
        f'<a href="index.php?{_query(story.date, number, list_id)}">{_set_apart(story.title)}</a>'
        f'</div></div></div><div class="col-sm-3"><span class="news_date">{story.date}</span>'
        f"</div></div>"
        for number, story in enumerate(stories, 1)
    )
    page = _page("로동신문", f'<div class="date_news_list">{rows}</div>', encoding)
    return page.encode(encoding)


def _set_apart(title: str, *, space: str = "") -> str:
    """A title with the names in it set as both sites set them; `space` is lost around them."""
    names = "|".join(LEADERS)
    name = r'<nobr><span class="fSpecCs">\1</span></nobr>'
    return re.sub(rf"{space}({names}){space}", name, escape(title))


def _page(title: str, body: str, encoding: str = "utf-8") -> str:
    return (
        f'<!DOCTYPE html><html><head><meta charset="{encoding}"><title>{title}</title></head><body>'
        f'<div class="menu-block"><a href="/en">Home</a><a href="/en/media">Media</a></div>{body}'
        '<div class="footer">Copyright (C) 2000-2026</div></body></html>'
    )


def _hash(*parts: object) -> str:
    return hashlib.md5(repr(parts).encode(), usedforsecurity=False).hexdigest()


def _query(date: str, number: int, list_id: int) -> str:
    day = "-".join(f"{int(part):02}" for part in date.strip(".").split(".")[:3])
    return base64.b64encode(f"12@{day}-{number:03}@{list_id}@1@@0@1".encode()).decode()
