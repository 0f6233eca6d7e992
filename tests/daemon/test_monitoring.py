"""The alert rules and the dashboard that come with watchd ask for figures that there are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.desk import NOW
from watchd.metrics import Metrics
from watchd.model import Delivery, DeliveryState, Due, Hit, HitStatus, Outcome

FOLDER = Path(__file__).parents[2] / "watchd/monitoring"
ALERTS, DASHBOARD = FOLDER / "alerts.yml", FOLDER / "dashboard.json"
OPERATIONS = (FOLDER.parents[1] / "docs/operations.md").read_text()
STATUS = {
    "feeds": [{"name": "kcna", "health": "ok", "last_ok": "2026-01-08T09:00:00Z"}],
    "network": None,
    "disk_free_bytes": 10**9,
    "rules": {"loaded": 7, "broken": 1},
    "outbox": {
        "due": 1, "held": 2, "held_for": {"quiet": 2}, "unanswered": 0, "failed": 0,
        "oldest_seconds": 5,
    },
}  # fmt: skip


def all_figures() -> str:
    metrics = Metrics()
    metrics.checked("kcna", "status", new=1, failed=True)
    hit = Hit(
        rule='a/"odd"\\rule', rule_version="1", title="", severity="high", why="", evidence=(),
        status=HitStatus.QUIET,
    )  # fmt: skip
    metrics.found([Due(hit=hit)])
    delivery = Delivery(
        id=1, alert=1, receiver="desk", endpoint="desk/x", state=DeliveryState.SENT, attempts=1,
        ambiguous=0, created_at=NOW, next_attempt_at=None, may_repeat=False, error="",
    )  # fmt: skip
    metrics.tried([delivery], Outcome.SENT, NOW)
    metrics.tried([delivery], Outcome.RETRY, NOW)
    metrics.skipped("check", "skipped")
    return metrics.text(12.0, STATUS).decode()


NAMES = set(re.findall(r"^(watchd_\w+|process_\w+)", all_figures(), re.MULTILINE))


def asked_for(path: Path) -> set[str]:
    text = path.read_text()
    if path.suffix == ".json":
        text = "\n".join(
            target["expr"] for panel in json.loads(text)["panels"] for target in panel["targets"]
        )
    else:
        text = "\n".join(re.findall(r"^ +expr: (.*)$", text, re.MULTILINE))
    return set(re.findall(r"\b(?:watchd|process)_\w+", text))


@pytest.mark.parametrize("path", [ALERTS, DASHBOARD], ids=lambda path: path.name)
def test_what_is_asked_for_is_there(path: Path) -> None:
    asked = asked_for(path)
    assert asked
    assert asked <= NAMES


def test_the_docs_name_every_figure() -> None:
    told = set(re.findall(r"^\| `(watchd_\w+)", OPERATIONS, re.MULTILINE))
    families = {name for name in NAMES if name.startswith("watchd_")}
    families = {name for name in families if not name.endswith(("_bucket", "_sum", "_created"))}
    assert told == {name.removesuffix("_count") for name in families}


def test_every_alert_is_described_and_every_described_alert_exists() -> None:
    alerts = set(re.findall(r"- alert: (\w+)", ALERTS.read_text()))
    assert set(re.findall(r"`(Watchd\w+)`", OPERATIONS)) == alerts


def test_a_database_in_trouble_leaves_the_rest_to_be_read() -> None:
    text = Metrics().text(12.0, None).decode()
    assert "\nwatchd_database_up 0.0\n" in text
    assert "\nwatchd_cycle_age_seconds 12.0\n" in text


def test_a_feed_that_left_the_config_leaves_the_figures() -> None:
    metrics = Metrics()
    assert 'feed="kcna"' in metrics.text(1.0, STATUS).decode()
    assert 'feed="kcna"' not in metrics.text(1.0, {**STATUS, "feeds": []}).decode()


needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not here: the Debian package prometheus"
)


@pytest.mark.slow
@needs_promtool
def test_promtool_takes_the_rules_and_the_figures() -> None:
    checked = subprocess.run(
        ["promtool", "check", "rules", str(ALERTS)], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    ended = subprocess.run(
        ["promtool", "check", "metrics"], input=all_figures(), capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
