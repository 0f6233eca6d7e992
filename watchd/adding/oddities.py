"""What is odd about a feed and its items: what a person who adds it would want to know. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from watchd import language
from watchd.model import Item, ParsedFeed
from watchd.parse.dates import parse_date
from watchd.parse.decode import decode

_SKEW = timedelta(minutes=10)  # what clocks may differ by before a date is of the future
_FEWEST = 3  # items that tell a language
_BY_CODEC = {
    "cp1251": "windows-1251", "koi8-r": "koi8-r", "koi8-u": "koi8-u", "cp866": "cp866",
    "cp949": "euc-kr", "euc_jp": "euc-jp", "cp932": "shift_jis", "gb18030": "gb18030",
    "big5hkscs": "big5", "cp874": "tis-620",
}  # fmt: skip
# Countries with one time zone, so that what a publisher there calls 9 o'clock is certain.
_ZONE_OF = {
    "kr": "Asia/Seoul", "kp": "Asia/Pyongyang", "jp": "Asia/Tokyo", "cn": "Asia/Shanghai",
    "tw": "Asia/Taipei", "hk": "Asia/Hong_Kong", "sg": "Asia/Singapore", "vn": "Asia/Ho_Chi_Minh",
    "th": "Asia/Bangkok", "in": "Asia/Kolkata", "pk": "Asia/Karachi", "ir": "Asia/Tehran",
    "il": "Asia/Jerusalem", "tr": "Europe/Istanbul", "ua": "Europe/Kiev", "by": "Europe/Minsk",
    "pl": "Europe/Warsaw", "de": "Europe/Berlin", "fr": "Europe/Paris", "it": "Europe/Rome",
    "uk": "Europe/London", "ro": "Europe/Bucharest", "bg": "Europe/Sofia", "cz": "Europe/Prague",
}  # fmt: skip
_LIKELY_ZONE = {"ru": "Europe/Moscow", "ko": "Asia/Seoul", "ja": "Asia/Tokyo"}


def of_item(item: Item, now: datetime, *, shared: Collection[str], relative: bool) -> list[str]:
    """What is odd about one item, in a few words each. `shared` are the guids of several."""
    odd = []
    if item.published is not None:
        if item.published > now + _SKEW:
            odd.append("a date in the future")
    elif not item.published_raw:
        odd.append("no date")
    elif lacks_zone(item):
        odd.append(f"a date without a time zone ({item.published_raw!r})")
    else:
        odd.append(f"a date that names no certain time ({item.published_raw!r})")
    if not item.guid:
        odd.append("no guid" if item.url else "neither guid nor link")
    elif item.guid in shared:
        odd.append("a guid that others have, too")
    if item.guid and not item.url:
        odd.append("no link")
    if relative:
        odd.append("a link without a host")
    if not item.title and not item.text:
        odd.append("no words")
    return odd


def shared_guids(items: Sequence[Item]) -> frozenset[str]:
    """The guids that more than one item has."""
    count = Counter(item.guid for item in items if item.guid)
    return frozenset(guid for guid, times in count.items() if times > 1)


def lacks_zone(item: Item) -> bool:
    """Whether a time zone is all that its date lacks."""
    return item.published is None and parse_date(item.published_raw, "UTC") is not None


def dates(items: Sequence[Item]) -> list[datetime | None]:
    """When they were published, for a rhythm only: a time without a zone is taken for UTC."""
    return [item.published or parse_date(item.published_raw, "UTC") for item in items]


def of_feed(parsed: ParsedFeed, now: datetime, *, relative: int = 0) -> list[str]:
    """What is odd about the items of a feed together, a sentence each."""
    items = parsed.items
    if not items:
        return []
    count = {
        "{} without any date": sum(not item.published_raw for item in items),
        "{} with a date that names no time zone: set `timezone`, or such dates stay unknown": sum(
            map(lacks_zone, items)
        ),
        "{} with a date that cannot be read": sum(
            bool(item.published_raw) and item.published is None and not lacks_zone(item)
            for item in items
        ),
        "{} dated in the future": sum(
            item.published is not None and item.published > now + _SKEW for item in items
        ),
        "{} without a guid; known by the link": sum(not i.guid and bool(i.url) for i in items),
        "{} with neither guid nor link; known by the words, so that an edit is a new item": sum(
            not item.guid and not item.url for item in items
        ),
        "{} that share a guid with another; told apart by link or words": sum(
            item.guid in shared_guids(items) for item in items
        ),
        "{} with a link that names no host": relative,
        "{} repeated word for word": parsed.entries - len(items),
    }
    return [words.format(_items(number, items)) for words, number in count.items() if number > 0]


def _items(number: int, items: Sequence[Item]) -> str:
    if number == 1:
        return "1 item"
    return "all items" if number == len(items) else f"{number} items"


def spoken(parsed: ParsedFeed) -> tuple[str, str]:
    """The language of the items, and a sentence where the feed says another; "" for neither.

    Many a feed says en-US because the software that makes it does.
    """
    said = parsed.lang
    guesses = Counter(language.guess(f"{item.title}\n{item.text}") for item in parsed.items)
    guesses.pop("", None)
    if guesses:
        read, times = guesses.most_common(1)[0]
        if times >= _FEWEST and times * 10 >= 8 * len(parsed.items):
            wrong = f"it says its language is {said}, but its words are {read}"
            return read, wrong if said and said != read else ""
    return said, ""


def encoding(body: bytes, content_type: str) -> str:
    """The `encoding` to set, for a feed that names a wrong one; "" where none helps."""
    decoded = decode(body, content_type=content_type)
    label = _BY_CODEC.get(decoded.encoding, "") if decoded.problems else ""
    return label if label and not decode(body, encoding=label).problems else ""


def timezone(parsed: ParsedFeed, host: str, lang: str, now: datetime) -> tuple[str, bool]:
    """The `timezone` that dates without one are probably in, and whether that is certain enough.

    "" where no date lacks one, or nothing tells. It is certain for the domain of a country with
    one time zone, if no item would then be of the future.
    """
    lacking = [item.published_raw for item in parsed.items if lacks_zone(item)]
    if not lacking:
        return "", False
    domain = host.rpartition(".")[2]
    zone = _ZONE_OF.get(domain) or _LIKELY_ZONE.get(domain) or _LIKELY_ZONE.get(lang, "")
    dates = [parse_date(raw, zone) for raw in lacking]
    latest = max(filter(None, dates), default=datetime.min.replace(tzinfo=UTC))
    return zone, domain in _ZONE_OF and latest <= now + _SKEW
