"""By what an item is known again, where the config says it: for feeds as for pages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.site import Site

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("identity", "changed", "new"),
    [
        ("auto", {"guid": "b"}, 0),
        ("auto", {"guid": "b", "text": "Other words."}, 1),
        ("url", {"guid": "b"}, 0),
        ("url", {"link": "https://x.example/2"}, 1),
        ("guid", {"link": "https://x.example/2"}, 0),
        ("text", {"guid": "b", "link": "https://x.example/2"}, 0),
        ("text", {"text": "Other words."}, 1),
    ],
)
def test_an_item_is_known_by_what_the_config_says(
    desk: DeskFolder, site: Site, identity: str, changed: dict[str, str], new: int
) -> None:
    story = {"guid": "a", "link": "https://x.example/1", "title": "Rice", "text": "All is well."}
    desk.feed("wire", site.url("/a.xml"), identity=identity)
    site.feed("/a.xml", [story])
    desk.once(NOW)
    site.feed("/a.xml", [{**story, **changed}])
    assert desk.once(NOW + HOUR).new == new
