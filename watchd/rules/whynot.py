"""Why a query is not true of an item, in words."""

from __future__ import annotations

from watchd.rules.itemtext import Text
from watchd.rules.match import evidence, places
from watchd.rules.searches import Searches
from watchd.rules.tree import All, Any, AtLeast, Except, Fact, Near, Node, Not, Term

_LONGEST = 80


def why_not(node: Node, text: Text, searches: Searches) -> str:
    """A clause that tells what is missing, or what is there and should not be."""
    match node:
        case All(parts=parts):
            false = [part for part in parts if evidence(part, text, searches) is None]
            return "; ".join(why_not(part, text, searches) for part in false)
        case Not(part=part):
            spans = [span for group in evidence(part, text, searches) or [] for span in group]
            quotes = ", ".join(f"“{text.original(*span)[3]}”" for span in spans[:3])
            return f"there is {quotes or 'what NOT leaves out'}, which NOT leaves out"
        case Near(left=left, right=right, between=between):
            for side in (left, right):
                if not places(side, text, searches):
                    return why_not(side, text, searches)
            order = " in this order" if node.ordered else ""
            where = {"s": "in one sentence", "p": "in one paragraph"}.get(
                str(between), f"within {between} words of each other"
            )
            return f"{_shown(left)} and {_shown(right)} are nowhere {where}{order}"
        case Except(kept=kept, masked=masked):
            if not places(kept, text, searches):
                return why_not(kept, text, searches)
            return f"every {_shown(kept)} is part of {_shown(masked)}"
        case AtLeast(part=part, times=times):
            return f"{_shown(part)} is there {len(places(part, text, searches))} times of {times}"
        case Any(parts=parts) if not all(isinstance(part, Term) for part in parts):
            return " and ".join(why_not(part, text, searches) for part in parts)
        case Any():
            return f"there is none of {_shown(node)}"
        case Term():
            return f"there is no {_shown(node)}"
        case Fact():
            return f"it is not {node}"


def _shown(node: Node) -> str:
    text = str(node).removeprefix("(").removesuffix(")") if isinstance(node, Any) else str(node)
    text = text.replace(" OR ", ", ") if isinstance(node, Any) else text
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
