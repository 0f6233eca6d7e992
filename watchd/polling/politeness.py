"""Who is one server to us, and must be left alone when it asks to be."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from watchd.model import Feed


def host(url: str) -> str:
    """Whom a request goes to: the host and its port, however the address spells them."""
    parts = urlsplit(url)
    usual = 443 if parts.scheme == "https" else 80
    return f"{parts.hostname}:{parts.port or usual}"


def scope(feed: Feed) -> str:
    """What must wait together when a server asks one of its feeds to: `rate_scope`."""
    if feed.rate_scope == "feed":
        return f"feed {feed.name}"
    return (
        host(feed.url) if feed.rate_scope == "host" else domain(urlsplit(feed.url).hostname or "")
    )


@lru_cache(maxsize=10_000)
def domain(name: str) -> str:
    """The part of a host's name that somebody registered: of blog.example.co.uk example.co.uk."""
    import tldextract  # its list of suffixes takes a while to read, and few desks need it

    found = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)(name)
    return found.top_domain_under_public_suffix or name
