"""The replay of a file of items week by week: copies change no figure."""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.benchmarks import replay_weeks

RULES = Path(replay_weeks.__file__).with_name("weeks")


def test_copies_change_no_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = []
    for day in range(70):
        titles = ["drone over the border"] * (3 if day > 63 else day % 14 == 0) + ["a harvest"]
        for number, title in enumerate(titles):
            for copy in "ab":
                lines.append(
                    {
                        "title": f"{title}, {day}/{number}",
                        "text": "",
                        "url": f"http://news.example/{copy}/{day}/{number}",
                        "lang": "en",
                        "date": str(date(2026, 1, 5) + timedelta(days=day)),
                        "origin": "kcna",
                    }
                )
    path = tmp_path / "items.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    rules = [str(rule) for rule in sorted(RULES.glob("*.toml"))]
    monkeypatch.setattr(sys, "argv", ["replay_weeks", str(path), *rules])
    replay_weeks.main()
    said = capsys.readouterr().out
    assert said.startswith(f"{len(lines)} items, {len(lines) // 2} stories\n")
    assert "\nstories " not in said
    assert "\n2026-03-09  alert      18 stories in 7d; usual 4 in 8 windows" in said
