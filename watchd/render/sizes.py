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
    if message.is_notice:
        yield from _of_notice(message)
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


def _of_notice(message: Message) -> Iterator[Message]:
    """With all its lines, then with fewer: each of them is about another feed, say."""
    lines = tuple(_cut(line, _STEPS[0][0]) for line in message.snippets)
    count = len(lines)
    while count > 1:
        more = ((Segment(text="… and more"),),) if count < len(lines) else ()
        yield replace(message, snippets=(*lines[:count], *more))
        count -= max(1, count // 5)


def _cut(line: Line, limit: int) -> Line:
    """A line in about `limit` characters, its marks kept as far as they reach."""
    left, kept = limit, list[Segment]()
    for segment in line:
        if len(segment.text) > left:
            blank = " " if kept and segment.text.startswith(" ") else ""  # behind a matched word
            words = blank + cut(segment.text, left - len(blank)) if left > 1 + len(blank) else "…"
            kept.append(replace(segment, text=words))
            break
        kept.append(segment)
        left -= len(segment.text)
    return tuple(kept)
