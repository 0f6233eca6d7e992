"""Where the feed of a web page may be: known services, well-known paths, and which comes first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qs, urljoin, urlsplit

_AT_ROOT = (
    "feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed/", "rss/", "?feed=rss2",
    "feeds/posts/default", "feed.json", "index.rdf", "blog/feed", "rss/news.xml",
)  # fmt: skip
_BESIDE = ("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml")
_COMMENTS = re.compile(
    r"(?:^|[/?&=_. -])"
    r"(?:comments?|replies|kommentare?|commentaires?|comentarios|комментари\w*|댓글)"
    r"(?:$|[/?&=_. :-])",
    re.I,
)
_SITEMAP = re.compile(r"^\s*sitemap\s*:\s*(\S{1,2000})", re.I | re.M)
_NEWS = re.compile(r"news|latest|today|recent|google", re.I)
_PLACE = re.compile(r"<(?:\w{1,20}:)?loc>\s*([^<>\s]{1,2000})\s*</", re.I)
_WITHOUT = {
    "t.me": "Telegram channels have no feeds",
    "telegram.me": "Telegram channels have no feeds",
    "x.com": "X has no feeds",
    "twitter.com": "X has no feeds",
    "facebook.com": "Facebook has no feeds",
    "instagram.com": "Instagram has no feeds",
    "linkedin.com": "LinkedIn has no feeds",
}


def host_of(url: str) -> str:
    """The host an address names, in small and without "www."; "" for what is no address."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def same_address(url: str) -> str:
    """What two addresses of one feed have in common, to compare them by.

    http or https, a name and a password, the standard port, a slash at the end: all the same.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    where = parts.hostname or ""
    where += f":{port}" if port not in (None, 80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{where}{parts.path.rstrip('/')}{query}"


def without_login(url: str) -> str:
    """The address without the name and password in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def is_for_comments(url: str, title: str = "") -> bool:
    """Whether a feed is of what readers say, not of what is published."""
    parts = urlsplit(url)
    return bool(_COMMENTS.search(f"{parts.path}?{parts.query}") or _COMMENTS.search(title[:200]))


def has_none(url: str) -> str:
    """A sentence on a service that is known to have no feeds; "" for all else."""
    return _WITHOUT.get(host_of(url).removeprefix("m."), "")


def services(url: str) -> list[str]:
    """The feeds that a known service has for this page, the main one first."""
    try:
        parts = urlsplit(url)
        steps = [step for step in parts.path.split("/") if step]
        return [urljoin(url, found) for found in _services(parts, host_of(url), steps)]
    except ValueError:
        return []


def _services(parts: SplitResult, host: str, steps: list[str]) -> Iterator[str]:
    first, second = [*steps, "", ""][:2]
    if host in ("youtube.com", "m.youtube.com"):
        yield from _youtube(parts, first, second)
    elif host == "github.com" and first:
        yield from _github(steps)
    elif host == "gitlab.com" and second:
        yield f"/{first}/{second}/-/tags?format=atom"
        yield f"/{first}/{second}.atom"
    elif host.endswith("reddit.com") and first in ("r", "user", "u") and second:
        yield f"https://www.reddit.com/{first}/{second}/.rss"
    elif host == "medium.com" and first and first != "feed":
        yield f"/feed/{first}"
    elif host.endswith((".substack.com", ".medium.com")):
        yield "/feed"
    elif host.endswith(".wordpress.com"):
        yield "/feed/"
    elif host.endswith(".tumblr.com"):
        yield "/rss"
    elif host.endswith(".livejournal.com"):
        yield "/data/rss"
    elif ".blogspot." in host:
        yield "/feeds/posts/default"
    elif host == "bsky.app" and first == "profile" and second:
        yield f"/profile/{second}/rss"
    elif first.startswith("@") and len(steps) == 1:  # Mastodon and its like, on any host
        yield f"/{first}.rss"


def _youtube(parts: SplitResult, first: str, second: str) -> Iterator[str]:
    base = "https://www.youtube.com/feeds/videos.xml"
    lists = parse_qs(parts.query, max_num_fields=50).get("list", [])
    if first == "channel" and second:
        yield f"{base}?channel_id={second}"
    elif first == "user" and second:
        yield f"{base}?user={second}"
    elif lists:
        yield f"{base}?playlist_id={lists[0]}"


def _github(steps: list[str]) -> Iterator[str]:
    if len(steps) == 1:
        yield f"/{steps[0]}.atom"
        return
    owner, project, what, *rest = [*steps, ""]
    project = project.removesuffix(".git")
    if what == "commits" and rest and rest[0]:
        yield f"/{owner}/{project}/commits/{'/'.join(rest).rstrip('/')}.atom"
    names = ("releases", "tags", "commits")
    for name in sorted(names, key=lambda name: name != what):
        yield f"/{owner}/{project}/{name}.atom"


def guesses(url: str) -> list[str]:
    """Where sites often have a feed: beside this page, then at the top of the site."""
    parts = urlsplit(url)
    top = parts._replace(path="/", query="", fragment="")
    found = []
    if parts.path.strip("/"):
        here = top._replace(path=parts.path.rstrip("/") + "/").geturl()
        found += [urljoin(here, path) for path in _BESIDE]
    found += [urljoin(top.geturl(), path) for path in _AT_ROOT]
    return list(dict.fromkeys(found))


def sitemaps(robots: str) -> list[str]:
    """The sitemaps that a robots.txt names, those for news first."""
    found = dict.fromkeys(_SITEMAP.findall(robots[:500_000]))
    return sorted(found, key=lambda one: not _NEWS.search(one))


def parts_of_index(index: str) -> list[str]:
    """The sitemaps for news that a sitemap index names."""
    found = dict.fromkeys(_PLACE.findall(index[:1_000_000]))
    return [one for one in found if _NEWS.search(urlsplit(one).path)]
