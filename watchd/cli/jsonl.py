"""Items from a file, one JSON object a line: for `try --items` and `eval`."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from watchd.cli.session import console
from watchd.errors import FileProblems, Problem, WatchdError
from watchd.model import Item
from watchd.render.inert import inert
from watchd.rules.meant import key as meant_key
from watchd.values import Struct

_KEYS = [
    *("title", "text", "url", "author", "categories", "lang", "source", "feed", "published"),
    *("article", "date", "id", "labels", "borderline", "first_seen"),
]
_LANGUAGES = {"jp": "ja", "kr": "ko", "cn": "zh", "?": ""}  # country codes met as languages


class Line(Struct, frozen=True, kw_only=True):
    """One item of the file: where it came from, and what a person said of it."""

    item: Item
    source: str
    labels: frozenset[str]
    borderline: frozenset[str]


def read(path: Path) -> Iterator[Line]:
    """The items of a .jsonl or .jsonl.gz file.

    Keys: title, text, article, url, author, categories, lang, source (or feed), published (or
    date), id, first_seen, labels, borderline; all may be missing. Others are remarked on, once
    each. Raises FileProblems at a line that is not a JSON object, or has a value that cannot be
    used.
    """
    opened: Callable[..., IO[str]] = gzip.open if path.suffix == ".gz" else open
    known = set(_KEYS)
    try:
        with opened(path, "rt", encoding="utf-8-sig") as lines:
            for number, text in enumerate(lines, 1):
                if text.strip():
                    row = _row(text, number, path)
                    for key in sorted(row.keys() - known):
                        known.add(key)
                        _remark(key, f"{path}:{number}")
                    yield _line(row, number, path)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise WatchdError(f"{path}: cannot be read: {error}") from error


def _row(text: str, number: int, path: Path) -> dict[str, Any]:
    try:
        row = json.loads(text)
        if not isinstance(row, dict):
            raise ValueError("not an object in { }")
    except (ValueError, RecursionError) as error:
        said = f"not an item ({error}); one JSON object a line, please"
        raise _problem(said, number, path) from None
    return row


def _remark(key: str, place: str) -> None:
    meant = meant_key(key, _KEYS)
    hint = f"did you mean {meant}?" if meant else f"an item has {', '.join(_KEYS)}"
    console(stderr=True).print(f"{place}: the key '{inert(key, 60)}' is not looked at; {hint}")


def _problem(message: str, number: int, path: Path) -> FileProblems:
    return FileProblems([Problem(code="C901", path=str(path), line=number, message=message)])


def _line(row: dict[str, Any], number: int, path: Path) -> Line:
    try:
        labels, borderline, categories = (
            _names(row, key) for key in ("labels", "borderline", "categories")
        )
        published = _moment(row.get("published") or row.get("date"))
    except ValueError as error:
        raise _problem(f"not an item: {error}", number, path) from None
    lang = str(row.get("lang") or "")
    item = Item(
        key=str(row.get("id") or number),
        url=str(row.get("url") or ""),
        title=str(row.get("title") or ""),
        text=str(row.get("text") or ""),
        author=str(row.get("author") or ""),
        categories=categories,
        lang=_LANGUAGES.get(lang, lang),
        published=published,
        article=str(row.get("article") or ""),
    )
    return Line(
        item=item,
        source=str(row.get("source") or row.get("feed") or ""),
        labels=frozenset(labels),
        borderline=frozenset(borderline),
    )


def _names(row: dict[str, Any], key: str) -> tuple[str, ...]:
    names = row.get(key) or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f'{key} must be a list of names, like ["one", "two"]')
    return tuple(names)


def _moment(value: Any) -> datetime | None:
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"published is '{value}'; write a time as 2026-01-31T09:00:00Z, or a day as 2026-01-31"
        ) from None
