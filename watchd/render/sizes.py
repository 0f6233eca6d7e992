"""Messages in three sizes: full, a card of 900 characters, a line of 280."""

from __future__ import annotations

from collections.abc import Iterator

from watchd.render.excerpt import Line, Segment
from watchd.render.inert import cut
from watchd.render.message import Message
from watchd.render.text import text
from watchd.values import replace

CARD = 900  # characters
_STEPS = ((240, 240, 160), (200, 120, 80))  # characters: of a snippet, the headline, other lines
_STORIES = 2  # behind the numbers of a rule over time; then one


def card(message: Message) -> Message:
    """What is needed to decide whether to read on, in 900 characters; the link is never cut."""
    for one in cards(message):
        if len(text(one)) <= CARD:
            break
    return one


def cards(message: Message) -> Iterator[Message]:
    """Cards of a message, each shorter than the one before; the last has not even a snippet."""
    for fewer, (snippet, headline, other) in enumerate(_STEPS):
        stories = tuple(
            replace(each, headline=cut(each.headline, other))
            for each in message.stories[: _STORIES - fewer]
        )
        yield (
            one := replace(
                message,
                headline=_cut(message.headline, headline),
                source=cut(message.source, other),
                difference=cut(message.difference, other),
                why=cut(message.why, other).replace(" ·…", "…"),
                snippets=tuple(_cut(line, snippet) for line in message.snippets[:1]),
                stories=stories,
                more=message.more + len(message.stories) - len(stories),
            )
        )
    yield replace(
        one,
        note=cut(one.note, 80),
        rule_title=cut(one.rule_title, 60),
        snippets=(),
        also="",
        history="",
        stories=(),
    )


def _cut(line: Line, limit: int) -> Line:
    """A line in about `limit` characters, its marks kept as far as they reach."""
    left, kept = limit, list[Segment]()
    for segment in line:
        if len(segment.text) > left:
            kept.append(replace(segment, text=cut(segment.text, left) if left > 1 else "…"))
            break
        kept.append(segment)
        left -= len(segment.text)
    return tuple(kept)
