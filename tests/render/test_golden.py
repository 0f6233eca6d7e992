"""Each kind of message in each dress, as it is: a change of a word shows in these files.

    python -m tests.render.test_golden

writes them anew; look at the difference before you commit it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.messages import MESSAGES, READERS
from watchd.render.dresses import dresses
from watchd.render.sizes import CARD
from watchd.render.text import LINE

FOLDER = Path(__file__).parent / "golden"
MAIL_BYTES = 100_000


def files_of(kind: str) -> dict[str, str]:
    return dresses(MESSAGES[kind], zone=READERS.get(kind))


def rendered() -> Iterator[tuple[str, str]]:
    for kind in MESSAGES:
        for name, content in files_of(kind).items():
            yield f"{kind}/{name}", content


@pytest.mark.parametrize("kind", MESSAGES)
def test_messages_are_as_they_were_agreed(kind: str) -> None:
    for name, content in files_of(kind).items():
        kept = (FOLDER / kind / name).read_text(encoding="utf-8")
        assert content == kept, f"{kind}/{name}: see the docstring of this module"


def test_there_is_no_file_too_many() -> None:
    there = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.*")}
    assert there == {name for name, _ in rendered()}


@pytest.mark.parametrize("kind", MESSAGES)
def test_each_size_keeps_its_limit(kind: str) -> None:
    files = files_of(kind)
    assert len(files["card.txt"]) <= CARD + 1
    assert len(files["line.txt"]) <= LINE + 1
    assert len(files["mail.html"].encode()) < MAIL_BYTES


if __name__ == "__main__":
    for name, content in rendered():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    sys.stdout.write(f"written: {FOLDER}\n")
