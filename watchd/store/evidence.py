"""What is kept of the answers in which hits were found."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from watchd.model import Kept, Part, WarcPlace
from watchd.store import prepared
from watchd.store.rows import Row, insert_new, parts
from watchd.store.schema import evidence

_SMALL = 2048  # bytes of an entry


class Altered(ValueError):
    """An entry is not what it was when it was kept."""


def keep(db: Connection, kept: Mapping[tuple[int, int], Kept]) -> None:
    """Keep what belongs to items, by their numbers and revisions.

    For the transaction that writes their hits.
    """
    rows = [_row(*place, one) for place, one in kept.items()]
    prepared.run(db, insert_new(db, evidence), *rows)


def of_item(db: Connection, item: int, revision: int) -> dict[Part, Kept]:
    """What was kept with a revision of an item. Raises Altered."""
    here = (evidence.c.item_id == item, evidence.c.revision == revision)
    rows = db.execute(select(evidence).where(*here)).mappings()
    return {Part(row["part"]): _kept(row) for row in rows}


def named(db: Connection, files: Sequence[str]) -> set[str]:
    """Those of these WARC files in which a record is that something kept rests on."""
    query = select(evidence.c.warc_file).distinct()
    return {
        name
        for part in parts(files)
        for name in db.scalars(query.where(evidence.c.warc_file.in_(part)))
    }


def _row(item: int, revision: int, kept: Kept) -> dict[str, Any]:
    place = kept.warc
    return {
        "item_id": item,
        "revision": revision,
        "part": kept.part.value,
        "url": kept.url,
        "http_status": kept.status,
        "headers": [list(pair) for pair in kept.headers],
        "fetched_at": kept.fetched_at,
        "body_sha256": kept.body_sha256,
        "body_bytes": kept.body_bytes,
        "entry": _packed(kept.entry) if kept.entry else None,
        "entry_sha256": hashlib.sha256(kept.entry).hexdigest() if kept.entry else "",
        "note": kept.note,
        "warc_file": place.file if place else "",
        "warc_offset": place.offset if place else None,
        "warc_length": place.length if place else None,
        "warc_sha256": place.sha256 if place else "",
    }


def _kept(row: Row) -> Kept:
    place = None
    if row["warc_file"]:
        place = WarcPlace(
            file=row["warc_file"],
            offset=row["warc_offset"],
            length=row["warc_length"],
            sha256=row["warc_sha256"],
        )
    return Kept(
        part=Part(row["part"]),
        url=row["url"],
        status=row["http_status"],
        headers=tuple((name, value) for name, value in row["headers"]),
        fetched_at=row["fetched_at"],
        body_sha256=row["body_sha256"],
        body_bytes=row["body_bytes"],
        entry=_unpacked(row["entry"], row["entry_sha256"]),
        note=row["note"],
        warc=place,
    )


def _packed(entry: bytes) -> bytes:
    # To pack a small one costs more than all else that is done for it, and saves half of it.
    return zlib.compress(entry) if len(entry) > _SMALL else entry


def _unpacked(entry: bytes | None, digest: str) -> bytes:
    if not entry:
        return b""
    if hashlib.sha256(entry).hexdigest() == digest:
        return entry
    try:
        data = zlib.decompress(entry)
    except zlib.error:
        data = b""
    if hashlib.sha256(data).hexdigest() != digest:
        raise Altered("the entry in the database is not what it was when it was kept")
    return data
