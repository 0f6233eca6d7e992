"""An alert that no feed caused: what `notify test` sends, in the layout of a real one."""

from __future__ import annotations

from datetime import datetime, timedelta

from watchd.model import Alert, Evidence, Item

_TITLE = "Trial balloon sighted over the harbour"
_TEXT = (
    "If you can read this, watchd can reach you here. A real alert looks like this one: "
    "the level and the rule, the headline, where it came from and when, and the words that "
    "matched shown in their place. 시험 메시지입니다. Это пробное сообщение."
)


def sample_alert(now: datetime) -> Alert:
    """A harmless alert, marked as a test in its first line."""
    return Alert(
        id=0,
        hit=0,
        rule="watchd/notify-test",
        rule_title="Trial message",
        rule_version="1",
        severity="info",
        why="somebody ran `watchd notify test`",
        item=Item(
            key="watchd-notify-test",
            url="https://example.org/trial-balloon",
            title=_TITLE,
            text=_TEXT,
            lang="en",
            published=now - timedelta(minutes=8),
        ),
        item_id=0,
        source="trial",
        publisher="watchd itself",
        seen_at=now,
        evidence=(
            _evidence("title", _TITLE, "balloon"),
            _evidence("body", _TEXT, "words that matched"),
            _evidence("body", _TEXT, "시험 메시지"),
        ),
        sample=True,
    )


def _evidence(field: str, text: str, quote: str) -> Evidence:
    start = text.index(quote)
    return Evidence(field=field, start=start, end=start + len(quote), quote=quote)
