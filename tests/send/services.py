"""Apprise's real plug-ins, led to a server near by.

Where a plug-in has the host of its service written in it (Slack, Discord, Telegram) that
attribute of its class is changed for the time of a test; Mattermost, Matrix, ntfy and json://
take the host from the address anyway.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.support.sinks import Answer, Hooks, Post


def _text(post: Post) -> bool:
    """Whether a request carries a message: Matrix logs in and joins a room before it speaks."""
    return "/_matrix/" not in post.path or "/send/" in post.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One way to reach a service: its address, given ours."""

    name: str
    url: Callable[[str], str]
    html: bool = False  # its messages are HTML, which we wrote
    markdown: bool = False  # its readers see Markdown, in which our link is one


_DISCORD = f"discord://{'1' * 24}/{'a' * 64}"
_TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/12315544"

SERVICES = [
    Service(name="slack", url=lambda _: "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"),
    Service(name="slack-bot", url=lambda _: "slack://xoxb-1234-1234-abc124/%23general"),
    Service(name="discord", url=lambda _: _DISCORD, markdown=True),
    Service(name="discord-embed", url=lambda _: f"{_DISCORD}?format=markdown", markdown=True),
    Service(
        name="discord-ping", url=lambda _: f"{_DISCORD}?format=markdown&ping=77", markdown=True
    ),
    Service(name="telegram", url=lambda _: _TELEGRAM, html=True),
    Service(name="telegram-markdown", url=lambda _: f"{_TELEGRAM}?format=markdown", html=True),
    Service(name="mattermost", url=lambda at: f"mmost://{at}/{'3c' * 16}", markdown=True),
    Service(
        name="mattermost-markdown",
        url=lambda at: f"mmost://{at}/{'3c' * 16}?format=markdown",
        markdown=True,
    ),
    Service(name="matrix", url=lambda at: f"matrix://user:pass@{at}/!room:local", html=True),
    Service(name="matrix-hook", url=lambda at: f"matrix://user:{'token' * 3}@{at}/?mode=slack"),
    Service(name="ntfy", url=lambda at: f"ntfy://{at}/topic"),
    Service(
        name="ntfy-markdown", url=lambda at: f"ntfy://{at}/topic?format=markdown", markdown=True
    ),
    Service(name="json", url=lambda at: f"json://{at}/hook"),
]


def lead_here(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the plug-ins with a host of their own at a server near by, which answers as they do."""
    from apprise.plugins.discord import NotifyDiscord
    from apprise.plugins.matrix.base import NotifyMatrix
    from apprise.plugins.slack import NotifySlack
    from apprise.plugins.telegram import NotifyTelegram

    here = f"http://{hooks.address}"
    monkeypatch.setattr(NotifySlack, "webhook_url", f"{here}/services")
    monkeypatch.setattr(NotifySlack, "api_url", here + "/api/{}")
    monkeypatch.setattr(NotifyDiscord, "notify_url", f"{here}/webhooks")
    monkeypatch.setattr(NotifyTelegram, "notify_url", f"{here}/bot")
    monkeypatch.setattr(NotifyMatrix, "request_rate_per_sec", 0)  # it would wait between requests
    matrix = {"access_token": "t", "user_id": "@w:local", "device_id": "d", "event_id": "$e"}
    answer = {"ok": True, "channel": "C1", **matrix, "home_server": "local", "room_id": "!r:local"}
    hooks.always(Answer(body=json.dumps(answer)))
    hooks.always(Answer(), path=f"/services/{'T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ'}")


def messages(hooks: Hooks) -> list[Post]:
    """The requests that carried a message."""
    return [post for post in hooks.received if _text(post)]
