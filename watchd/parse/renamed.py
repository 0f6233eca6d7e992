"""An item under a key that we do not know: is it one that we know under another?

Guids change: a site moves or changes its software, a guid holds a session or the time of day.
Only an entry that is certainly the same one is taken for it: same words, and its old key gone
from the document. Alerts that say the same every time ("All clear") and headlines that come
back stay items of their own: they have another link, another date, or stand side by side.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from watchd.model import Item, Known, Namesake
from watchd.parse.window import Window, digest

_MOVED_FROM = 3  # entries: of fewer it is no wonder when all are others at the next look
_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|mc_[ce]id|at_\w+|cmp|ref|rss|session\w*|sid)=", re.I
)


def renamed(
    items: Sequence[Item],
    namesakes: Iterable[Namesake],
    *,
    stood: Window | None,
    stands: Window | None,
    only_together: bool = False,
) -> dict[str, Known]:
    """Those of `items` that the archive knows under another key, by their new one.

    `items` came under keys it does not know, `namesakes` are items of it with the same words;
    `stood` is what the last complete document held, and `stands` what this one does (None: it
    is not complete). With `only_together` nothing is, unless all keys of the feed changed at once.
    """
    before, now = _Keys(stood), _Keys(stands)
    moved = len(before.keys) >= _MOVED_FROM and not before.keys.keys() & now.keys.keys()
    if only_together and not moved:
        return {}
    here = now.keys.keys() | {digest(item.key) for item in items}
    words = Counter(item.content_hash for item in items)
    gone: dict[str, list[Namesake]] = {}
    for one in namesakes:
        if not here & set(map(digest, one.keys)):
            gone.setdefault(one.content_hash, []).append(one)
    found: dict[str, Known] = {}
    for item in items:
        same = gone.get(item.content_hash, [])
        alone = len(same) == words[item.content_hash] == 1
        for other in sorted(same, key=lambda one: one.known.id, reverse=True):
            stood_there = any(digest(key) in before.keys for key in other.keys)
            dated = item.published is not None and item.published == other.published
            undated = item.published is other.published is None and item.text != ""
            own_link = before.links[digest(other.url)] == now.links[digest(item.url)] == 1
            if item.url and same_address(item.url, other.url):
                is_it = dated or (stood_there and own_link)
            else:
                is_it = (moved or not item.url) and stood_there and alone and (dated or undated)
            if is_it:
                found[item.key] = other.known
                same.remove(other)
                break
    return found


class _Keys:
    """The keys and links of a window, and how often each stands there."""

    def __init__(self, window: Window | None) -> None:
        entries = window.entries if window else ()
        self.keys = Counter(entry.key for entry in entries)
        self.links = Counter(url for url, _ in {(entry.url, entry.key) for entry in entries})


def same_address(one: str, other: str) -> bool:
    """Whether two links lead to one page: scheme, "www." and tracking do not count."""
    return one == other or _canonical(one) == _canonical(other)


def _canonical(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].lower().removeprefix("www.")
    host = host.removesuffix(":443" if parts.scheme == "https" else ":80")
    asked = [part for part in parts.query.split("&") if part and not _TRACKING.match(part)]
    return host, parts.path.rstrip("/"), "&".join(asked)
