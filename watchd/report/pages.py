"""The pages themselves: templates filled in, with a policy that lets nothing else in.

Each page carries its style and its drawings; no script, no picture, no font, no address is
fetched. The style is let in by its hash, since `'self'` means nothing for a file on a disk.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import Counter
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from watchd.report import view
from watchd.report.chart import chart
from watchd.report.view import Report

MARK = '<meta name="generator" content="watchd">'
"""By which a page of ours is known: only such are ever overwritten."""


def pages(report: Report) -> dict[str, str]:
    """Every page, by the name of its file."""
    style = files("watchd.report").joinpath("templates/style.css").read_text("utf-8")
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(
        loader=PackageLoader("watchd.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = _moment
    environment.filters["iso"] = _iso
    shared = {
        "report": report,
        "mark": Markup(MARK),
        "style": Markup(style),
        "policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        ),
    }
    levels = Counter(one.level.value for one in report.indicators)
    healths = Counter(line.health for line in report.feeds)
    told: dict[str, dict[str, Any]] = {
        "board.html": {"problems": view.problems(report.indicators), "levels": levels},
        "hits.html": {
            "hits": [view.hit(one, report.publishers) for one in report.hits],
            "per_day": chart(report.hits_per_day, "hits"),
        },
        "feeds.html": {
            "feeds": [view.feed(line) for line in report.feeds],
            "healths": healths,
            "per_day": chart(report.items_per_day, "new items"),
        },
    }
    return {
        ("index.html" if name == "board.html" else name): environment.get_template(name).render(
            **shared, **values, here=name
        )
        for name, values in told.items()
    }


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}" if at else "never"


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
