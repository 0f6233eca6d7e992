from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.sinks import Hooks

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


@pytest.fixture
def slack_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[Hooks], str]:
    """Points Apprise's Slack plug-in at a sink; returns a Slack address without channels."""
    from apprise.plugins.slack import NotifySlack

    def point(hooks: Hooks) -> str:
        monkeypatch.setattr(NotifySlack, "webhook_url", f"http://{hooks.address}/services")
        return SLACK

    return point
