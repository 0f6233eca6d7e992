"""What the system tells of a rules folder, so that a daemon need not look at it each second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.daemon.test_reload import (
    EDITS,
    AtWork,
    Edit,
    at_work,
    the_whole_folder_put_back,
    watched,
    written_in_place,
)
from tests.support.desk import NOW
from watchd import reloads
from watchd.reloads import RARE, USUAL, Reloads
from watchd.saves import Saves

__all__ = ["at_work", "watched"]


def in_a_new_folder(rules: Path) -> None:
    (rules / "new").mkdir()


def deleted(rules: Path) -> None:
    (rules / "rice.toml").unlink()


@pytest.mark.parametrize("edit", [*EDITS, deleted, in_a_new_folder])
def test_an_edit_is_heard_however_it_was_saved(at_work: AtWork, edit: Edit) -> None:
    rules = at_work.folder.path / "rules"
    asyncio.run(_heard(rules, lambda: edit(rules)))


def test_a_folder_that_was_put_back_is_heard_again(at_work: AtWork) -> None:
    async def main() -> None:
        rules, heard = at_work.folder.path / "rules", asyncio.Event()
        folders = [str(rules), str(rules / "lists")]
        saves = Saves(heard.set)
        saves.follow(folders)
        the_whole_folder_put_back(rules)
        async with asyncio.timeout(20):
            while saves.follow(folders):  # until the end of the old watches has come
                await heard.wait()
                heard.clear()
            written_in_place(rules)
            await heard.wait()
        saves.close()

    asyncio.run(main())


async def _heard(rules: Path, edit: Callable[[], None]) -> None:
    heard = asyncio.Event()
    saves = Saves(heard.set)
    folders = [str(rules), str(rules / "lists")]
    assert not saves.follow(folders), "what came before that call is not heard"
    assert saves.follow(folders)
    edit()
    async with asyncio.timeout(20):
        await heard.wait()
    saves.close()


def test_where_a_look_is_dear_it_is_rare_and_what_is_saved_is_heard(
    at_work: AtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloads, "_DEAR", 0.0)
    assert asyncio.run(_looks(at_work)) == [USUAL, RARE]
    assert "tea" in at_work.desk.rules.rules["rice"].source


def test_where_a_look_is_cheap_or_a_link_leads_away_it_is_taken_each_second(
    at_work: AtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloads, "_DEAR", 60.0)
    assert asyncio.run(_looks(at_work, times=2)) == [USUAL, USUAL]
    monkeypatch.setattr(reloads, "_DEAR", 0.0)
    elsewhere = at_work.folder.path / "elsewhere.toml"
    elsewhere.write_text((at_work.folder.path / "rules" / "rice.toml").read_text())
    (at_work.folder.path / "rules" / "linked.toml").symlink_to(elsewhere)
    assert asyncio.run(_looks(at_work, times=3)) == [USUAL] * 3


async def _looks(at_work: AtWork, times: int = 0) -> list[object]:
    """How long after each look the next one comes; without `times`, until a save was taken up."""
    heard = asyncio.Event()
    again = Reloads(
        at_work.store,
        lambda: at_work.desk,
        lambda desk: desk,
        at_work.take,
        lambda: NOW,
        heard.set,
    )
    rests: list[object] = []
    while len(rests) < (times or 2):
        again._not_before = 0.0  # it looks only so often
        rests.append(await again.tick())
    if not times:
        written_in_place(at_work.folder.path / "rules")
        async with asyncio.timeout(20):
            await heard.wait()
        again._not_before = 0.0
        await again.tick()
    await again.stop(20)
    return rests
