"""Messages in three sizes: full, a card of 900 characters, a line of 280."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from watchd.render.excerpt import Line, Segment
from watchd.render.inert import cut
from watchd.render.message import Message
from watchd.render.text import text

CARD = 900  # characters
_STEPS = ((240, 240, 160), (200, 120, 80))  # characters: of a snippet, the headline, other lines


def card(message: Message) -> Message:
    """What is needed to decide whether to read on, in 900 characters; the link is never cut."""
    cards = list(_cards(message))
    return next((one for one in cards if len(text(one)) <= CARD), cards[-1])


def fitted(message: Message, fits: Callable[[str], bool]) -> Message | None:
    """The message as it is, or a card of it, or less: what fits. None: only a line would."""
    return next((one for one in (message, *_cards(message)) if fits(text(one))), None)


def _cards(message: Message) -> Iterator[Message]:
    """Each shorter than the one before; the last has neither a snippet nor what stands beneath."""
    for snippet, headline, other in _STEPS:
        yield (
            one := replace(
                message,
                headline=_cut(message.headline, headline),
                source=cut(message.source, other),
                difference=cut(message.difference, other),
                why=cut(message.why, other).replace(" ·…", "…"),
                snippets=tuple(_cut(line, snippet) for line in message.snippets[:1]),
            )
        )
    yield replace(
        one,
        note=cut(one.note, 80),
        rule_title=cut(one.rule_title, 60),
        snippets=(),
        also="",
        history="",
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
