"""`watchd evidence`: what a hit rests on, as files to hand on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import MOST, console, iso, session
from watchd.errors import WatchdError

if TYPE_CHECKING:
    from watchd.model import Kept, Part, StoredHit
    from watchd.store.rulebook import RuleText

EXAMPLES = "\b\nExample:\n  watchd evidence 42 -o hit-42\n  cd hit-42 && sha256sum -c SHA256SUMS"

_NO_ENTRY = "nothing of the feed's answer was kept with this hit"
_PAGE = "what the rule found stands in the article; the feed's own document was not kept"


def evidence(
    hit: Annotated[
        int, typer.Argument(metavar="HIT", min=1, max=MOST, help="Its number, as in `watchd hits`.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="An empty folder, or a new one.")
    ],
    _config: ConfigFile = "",
) -> None:
    """Write what a hit rests on: its item, the entry as it came, the rule; with checksums."""
    from watchd.desk import evidence_folder
    from watchd.store import archive, rulebook
    from watchd.store import evidence as kept_evidence

    here = session()
    with here.store() as store:
        found = store.read(archive.list_hits, ids=[hit])
        if not found:
            raise WatchdError(f"there is no hit {hit}; `watchd hits` lists them")
        stored = found[0].stored
        try:
            kept = store.read(kept_evidence.of_item, stored.id, stored.revision)
        except kept_evidence.Altered as error:
            raise WatchdError(f"hit {hit}: {error}; restore a backup of the database") from None
        rule = store.read(rulebook.version_of, found[0].hit.rule, found[0].hit.rule_version)
        folder = evidence_folder(here.config(), store)
    files = _files(found[0], kept, rule, folder)
    _write(out, files)
    talk = console(stderr=True)
    talk.print(f"{len(files)} files and SHA256SUMS in {out}")
    if note := _missing(kept):
        talk.print(note)


def _files(
    found: StoredHit, kept: dict[Part, Kept], rule: RuleText | None, folder: Path
) -> dict[str, bytes]:
    """What to write, by name. `folder` is that of the WARC files."""
    from watchd.cli.show import hit_json, item_json
    from watchd.model import Part

    item = found.stored.item
    more = {
        "key": item.key,
        "author": item.author or None,
        "categories": list(item.categories),
        "published_raw": item.published_raw or None,
        "seen": iso(found.stored.seen_at),
        "content_hash": item.content_hash,
    }
    said = hit_json(found) | {"title": found.hit.title, "why": found.hit.why or None}
    texts = [item.title, item.text]
    files = {
        "hit.json": _json(said),
        "item.json": _json(item_json(found.stored) | more),
        "item.txt": _text("\n\n".join(filter(None, texts))),
    }
    if item.article:
        files["article.txt"] = _text(item.article)
    if rule is not None:
        files["rule.toml"] = rule.source.encode()
        files |= {f"list-{number}-{_safe(name)}.txt": text.encode()
                  for number, (name, text) in enumerate(rule.lists.items(), 1)}  # fmt: skip
    answers: dict[str, Any] = {}
    for part, one in kept.items():
        entry = f"entry{_ending(one.entry)}" if one.entry else None
        if entry:
            files[entry] = one.entry
        record, note = None, one.note
        if one.warc is not None:
            record = f"{part.value}.warc.gz"
            try:
                files[record] = _record(folder, one)
            except (OSError, ValueError) as error:
                record, note = None, "; ".join(filter(None, (note, _why(one, error))))
        answers[part.value] = _answer_json(one, entry, record, note)
    if Part.FEED not in kept:
        answers["feed"] = {"note": _PAGE if kept else _NO_ENTRY}
    files["response.json"] = _json(answers)
    return files


def _record(folder: Path, kept: Kept) -> bytes:
    from watchd import warc

    assert kept.warc is not None
    return warc.read(folder, kept.warc)


def _why(kept: Kept, error: Exception) -> str:
    assert kept.warc is not None
    reason = getattr(error, "strerror", None) or str(error)
    return f"its WARC record in {kept.warc.file} cannot be read: {reason}"


def _answer_json(kept: Kept, entry: str | None, record: str | None, note: str) -> dict[str, Any]:
    return {
        "url": kept.url,
        "status": kept.status,
        "fetched": iso(kept.fetched_at),
        "headers": dict(kept.headers),
        "body": {"sha256": kept.body_sha256, "bytes": kept.body_bytes},
        "entry": entry,
        "warc": record,
        "note": note or None,
    }


def _missing(kept: dict[Part, Kept]) -> str:
    if not kept:
        return f'{_NO_ENTRY}: it is from before, or `evidence = "off"`'
    return ""


def _ending(entry: bytes) -> str:
    first = entry.lstrip()[:1]
    if first == b"{":
        return ".json"
    return ".html" if b"<html" in entry[:2000].lower() else ".xml"


def _safe(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)[:60]


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _text(text: str) -> bytes:
    return (text + "\n").encode()


def _write(out: Path, files: dict[str, bytes]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise WatchdError(f"{out}: there are files in it; name an empty folder, or a new one")
        sums = ""
        for name, data in files.items():
            (out / name).write_bytes(data)
            sums += f"{hashlib.sha256(data).hexdigest()}  {name}\n"
        (out / "SHA256SUMS").write_text(sums, encoding="ascii")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise WatchdError(f"{error.filename or out}: cannot be written: {reason}") from None
