"""Items from a file, one JSON object a line: for `try --items` and `eval`."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from watchd.errors import FileProblems, Problem, WatchdError
from watchd.model import Item

_LANGUAGES = {"jp": "ja", "kr": "ko", "cn": "zh", "?": ""}  # country codes met as languages


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item of the file: where it came from, and what a person said of it."""

    item: Item
    source: str
    labels: frozenset[str]
    borderline: frozenset[str]


def read(path: Path) -> Iterator[Line]:
    """The items of a .jsonl or .jsonl.gz file.

    Keys: title, text, url, lang, source (or feed), published (or date), id, labels, borderline;
    all may be missing. Raises FileProblems at a line that is not a JSON object.
    """
    try:
        with (
            gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines
        ):
            for number, text in enumerate(lines, 1):
                if text.strip():
                    yield _line(text, number, path)
    except (OSError, UnicodeDecodeError) as error:
        raise WatchdError(f"{path}: cannot be read: {error}") from error


def _line(text: str, number: int, path: Path) -> Line:
    try:
        row = json.loads(text)
        if not isinstance(row, dict):
            raise ValueError("not an object in { }")
    except ValueError as error:
        raise FileProblems(
            [
                Problem(
                    code="C901",
                    path=str(path),
                    line=number,
                    message=f"this line is not a JSON object ({error}); one item a line, please",
                )
            ]
        ) from None
    lang = str(row.get("lang") or "")
    item = Item(
        key=str(row.get("id") or number),
        url=str(row.get("url") or ""),
        title=str(row.get("title") or ""),
        text=str(row.get("text") or ""),
        author=str(row.get("author") or ""),
        lang=_LANGUAGES.get(lang, lang),
        published=_moment(row.get("published") or row.get("date")),
    )
    return Line(
        item=item,
        source=str(row.get("source") or row.get("feed") or ""),
        labels=frozenset(row.get("labels") or ()),
        borderline=frozenset(row.get("borderline") or ()),
    )


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
