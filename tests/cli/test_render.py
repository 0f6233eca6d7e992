"""`watchd render`: what a reader would get, before anybody gets it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.site import Site
from watchd.render.dresses import FILES

OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}
NEWS = {
    "title": "Honours for soldiers",
    "text": "They fought bravely in alien lands, the paper says.",
    "link": "https://x.example/2",
    "guid": "2",
}


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> DeskFolder:
    """A desk with one hit, which waits for a digest to be sent to `desk`."""
    desk = DeskFolder(tmp_path_factory.mktemp("desk"))
    with Site() as site:
        site.feed("/a.xml", [OLD])
        desk.feed("kcna", site.url("/a.xml"), publisher="KCNA", grade="B2")
        folder = desk.path / "templates"
        folder.mkdir()
        (folder / "line.txt").write_text("$LEVEL! $headline $url", encoding="utf-8")
        desk._table(
            "receiver", {"name": "desk", "url": "json://127.0.0.1:1", "templates": "templates"}
        )
        desk.route(receivers=["desk"], mode="daily@07:30 UTC")
        desk.rule("alien-lands", '"alien lands"', why="It came before deployments.")
        desk.once(NOW)
        site.feed("/a.xml", [NEWS, OLD])
        desk.once(NOW + timedelta(hours=1))
    return desk


@pytest.mark.parametrize(
    ("to", "first"),
    [
        ("text", "[HIGH] Rule alien-lands — Honours for soldiers\nKCNA (grade B2) · feed kcna"),
        ("card", "[HIGH] Rule alien-lands — Honours for soldiers\nKCNA (grade B2)"),
        ("line", "[HIGH] Rule alien-lands — Honours for soldiers https://x.example/2\n"),
        ("html", "<p><b>[HIGH] Rule alien-lands</b>"),
        ("email", "Subject: [HIGH] Rule alien-lands — Honours for soldiers\nList-Id:"),
        ("slack", '{\n "color"'),
    ],
)
def test_a_hit_in_each_dress(newsroom: DeskFolder, to: str, first: str) -> None:
    shown = newsroom.watchd("render", "1", "--to", to)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith(first)


def test_all_of_them_as_files(newsroom: DeskFolder, tmp_path: Path) -> None:
    out = tmp_path / "shown"
    shown = newsroom.watchd("render", "1", "--to", "all", "--out", str(out))
    assert shown.returncode == 0
    assert shown.stdout == ""
    names = {path.name for path in out.iterdir()}
    assert names == {name for names in FILES.values() for name in names}
    assert json.loads((out / "slack.json").read_text("utf-8"))["blocks"]
    assert "history: the first hit of this rule" in (out / "message.txt").read_text("utf-8")


def test_all_of_them_on_the_terminal(newsroom: DeskFolder) -> None:
    shown = newsroom.watchd("render", "1", "--to", "all").stdout
    assert [line for line in shown.splitlines() if line.startswith("──")] == [
        "── the whole message ──", "── a card ──", "── a line ──",
        "── HTML, for most services ──", "── a mail ──", "── Slack ──",
    ]  # fmt: skip


def test_with_the_templates_of_a_receiver(newsroom: DeskFolder) -> None:
    shown = newsroom.watchd("render", "1", "--to", "line", "--receiver", "desk").stdout
    assert shown == "HIGH! Honours for soldiers https://x.example/2\n"


def test_what_waits_for_a_receiver_as_one_message(newsroom: DeskFolder) -> None:
    shown = newsroom.watchd("render", "--digest", "desk").stdout
    assert "[HIGH] Daily digest: Rule alien-lands: 1 alert\n" in shown
    assert (
        "\n  KCNA (grade B2) · seen 2026-01-08 10:00 UTC · hit 1\n  https://x.example/2\n" in shown
    )
    assert newsroom.deliveries()[0].attempts == 0


def test_as_those_read_it_whose_clocks_the_config_names(newsroom: DeskFolder) -> None:
    before = newsroom.config.read_text(encoding="utf-8")
    newsroom.config.write_text(f'{before}[notify]\ntimezone = "Asia/Seoul"\n', encoding="utf-8")
    shown = newsroom.watchd("render", "1", "--to", "text").stdout
    newsroom.config.write_text(before, encoding="utf-8")
    assert "seen 2026-01-08 10:00 UTC (19:00 Asia/Seoul)\n" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["7"], "there is no hit 7"),
        (["1", "--receiver", "dest"], "there is no receiver 'dest' in config.toml; did you mean"),
        (["--digest", "x"], "there is no receiver 'x'"),
        ([], "give one of HIT and --digest"),
        (["1", "--digest", "desk"], "give one of HIT and --digest"),
    ],
)
def test_mistakes_are_told(newsroom: DeskFolder, words: list[str], said: str) -> None:
    shown = newsroom.watchd("render", *words)
    assert shown.returncode != 0
    assert said in shown.stderr
