"""Where a feed keeps its earlier items: RFC 5005, or as WordPress counts its pages."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from watchd.parse.items import same_site, web_address


def older(links: Mapping[str, str], generator: str, url: str) -> str:
    """The address of the items before those of the feed at `url`; "" when there is none.

    `links` are those of the feed itself, by their `rel`. Only on the feed's own host: what a
    feed says must not lead us elsewhere.
    """
    named = links.get("prev-archive") or links.get("next")
    if named:
        found = web_address(str(named), url)
    elif "wordpress" in generator.lower():
        found = _next_page(url)
    else:
        return ""
    return same_site(found, url)


def _next_page(url: str) -> str:
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    number = asked.get("paged", "1")
    asked["paged"] = str(int(number) + 1 if number.isdecimal() and len(number) < 6 else 2)
    return parts._replace(query=urlencode(asked)).geturl()
