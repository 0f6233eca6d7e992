"""Names that other tools have for the fields of a query, and what has no field here."""

from __future__ import annotations

from watchd.rules.lexer import PREFIXES
from watchd.tomlfile import nearest

_FIELDS = {
    "headline": "title", "hl": "title", "hd": "title", "hlead": "title", "intitle": "title",
    "subject": "title", "head": "title", "content": "body", "inbody": "body", "intext": "body",
    "description": "body", "summary": "body", "all": "text", "fulltext": "text", "tx": "text",
    "byline": "author", "by": "author", "writer": "author", "au": "author", "inurl": "url",
    "link": "url", "domain": "site", "host": "site", "website": "site", "language": "lang",
    "la": "lang", "publication": "source", "feed": "source", "publisher": "source",
    "outlet": "source", "sourcename": "source", "sn": "source", "tag": "category",
    "tags": "category", "topic": "category", "section": "category", "from": "source",
    "links": "url", "ingress": "body", "lead": "body", "lp": "body", "case": "exact",
    "raw": "exact", "caps": "exact", "allcaps": "exact",
}  # fmt: skip
_TIMES = (  # names of fields for the date
    "since", "until", "date", "dates", "pubdate", "published", "before", "after", "time", "when",
    "daterange", "year", "day", "month", "pd", "older_than", "newer_than", "newer",
)  # fmt: skip
_ABSENT = ("is", "has", "wc", "wordcount", "words", "length", "country", "region", "place", "near",
           "geo", "to", "filter", "min_faves", "min_retweets", "reach", "sentiment", "type",
           "filetype", "rst", "ns", "re", "co", "in", "_exists_")  # fmt: skip


def meant(name: str) -> str:
    """The field that is called so here or elsewhere; "" for none."""
    small = name.lower().partition(".")[0]  # title.keyword
    return small if small in PREFIXES else _FIELDS.get(small, "")


def likely(name: str) -> str:
    """The field that was meant by a name, or by one with a slip in it; "" for none."""
    return meant(name) or nearest(name, PREFIXES)


def absent(name: str) -> str:
    """What to say of a name that stands for nothing here; "" when it may be another's slip."""
    if name.lower() in _TIMES:
        return "there is no field for the date: items are looked at as they come in"
    return f"there is nothing like '{name}' to ask for" if name.lower() in _ABSENT else ""


def needless(name: str) -> bool:
    """Whether another tool asks so for what is so here anyway: any case, any number."""
    return name.lower() in ("nocaps", "singular", "plural")
