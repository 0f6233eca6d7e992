"""News pages as sites make them: an article between a menu, a sidebar and a footer."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.site import Answer

STORY = (
    "The paper reported on Monday that the fourth company had returned from the northern hills, "
    "where it had built a road over eleven weeks of snow and rain.",
    "Officers told a reporter that the men had fought bravely in alien lands before, and that "
    "medals would be handed out in the capital at the end of the month.",
    "Nobody in the ministry wanted to say what the road is for, but photographs show that it "
    "leads to a valley in which a railway ends.",
)
_SIDE = "".join(
    f'<li><a href="/side/{n}">Grey balloon number {n} over the harbour, say police</a></li>'
    for n in range(8)
)
_MENU = "".join(f'<li><a href="/menu/{n}">Section {n}</a></li>' for n in range(8))


def page(
    paragraphs: Sequence[str] = STORY, *, title: str = "A road in the hills", body: str = ""
) -> str:
    """A page whose sidebar speaks of grey balloons; `body` is markup in place of paragraphs."""
    body = body or "".join(f"<p>{text}</p>" for text in paragraphs)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><header><nav><ul>{_MENU}</ul></nav></header>"
        f"<main><article><h1>{title}</h1>{body}</article></main>"
        f'<aside class="sidebar"><h3>Most read</h3><ul>{_SIDE}</ul></aside>'
        "<footer><p>Balloon Media Ltd. All rights reserved.</p></footer></body></html>"
    )


def html(text: str, **more: object) -> Answer:
    """The answer of a site that sends this page."""
    headers = [("Content-Type", "text/html; charset=utf-8")]
    return Answer(body=text.encode(), headers=headers, **more)  # type: ignore[arg-type]
