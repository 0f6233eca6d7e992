"""Where the items come from that a rule is tried on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.site import Site
from watchd.cli import past
from watchd.cli.session import begin


def test_an_archive_of_many_pages_is_read_once_and_in_order(
    desk: DeskFolder, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "_PAGE", 3)
    desk.feed("wire", site.url("/wire.xml"), tags=["fast"])  # type: ignore[arg-type]
    items = [{"title": f"Item {n}", "link": f"https://example.org/{n}"} for n in range(10)]
    site.feed("/wire.xml", items=items[:6])
    desk.once(NOW)
    site.feed("/wire.xml", items=items)
    desk.once(NOW + timedelta(days=2))

    begin(config_file=str(desk.config), verbosity=0)
    now = NOW + timedelta(days=3)
    whole = past.from_archive("", {"wire": ("fast",)}, now)
    assert whole.total == 10
    assert sorted(one.item.title for one in whole) == [item["title"] for item in items]
    late = past.from_archive("2d", {"wire": ("fast",)}, now)
    assert late.total == 4
    assert [(one.source, one.tags, one.at) for one in late] == [
        ("wire", ("fast",), NOW + timedelta(days=2))
    ] * 4
    assert list(past.from_archive("1h", {}, now)) == []


def test_a_date_in_the_future_is_not_believed(desk: DeskFolder, site: Site) -> None:
    desk.feed("wire", site.url("/wire.xml"))
    link, late = "https://example.org/1", NOW + timedelta(days=400)
    site.feed("/wire.xml", items=[{"title": "From tomorrow", "link": link, "date": late}])
    desk.once(NOW)
    begin(config_file=str(desk.config), verbosity=0)
    (one,) = past.from_archive("", {}, NOW)
    assert one.at == NOW
