"""The questions of `watchd new` whose answers say what a rule looks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchd.cli.questions import Questions
from watchd.model import SEVERITIES
from watchd.values import Struct, field, replace

if TYPE_CHECKING:
    from watchd.rules.draft import Draft, Lists

_FARTHEST = 1000
_WORDS = "commas between them, or one a line; * stands for any letters; an empty line ends"


class Given(Struct, frozen=True, kw_only=True):
    """What the options tell of the words and the examples."""

    find: list[str] = field(default_factory=list)
    near: list[str] = field(default_factory=list)
    within: str = ""
    leave_out: list[str] = field(default_factory=list)
    match: str = ""
    no_match: str = ""


def ask_draft(ask: Questions, title: str, severity: str, given: Given, lists: Lists) -> Draft:
    """Ask until the rule finds the one example and passes over the other."""
    from watchd.rules.draft import Draft, found_in, why_not

    title = ask.line("What should the rule find, in a few words?", "--title", title)
    severity = ask.line(
        "How bad is it: info, low, medium, high or critical?",
        "--severity",
        severity,
        default="medium",
        wrong=_wrong_severity,
    )
    severity = _severity(severity)
    again = None if not ask.asking else ""  # an empty line: back to the words
    while True:
        draft = _words(ask, Draft(title=title, severity=severity, find=()), given, lists)

        def missed(text: str, draft: Draft = draft) -> str:
            reason = why_not(draft, lists, text)
            return reason and f"this would not be found: {reason}"

        def found(text: str, draft: Draft = draft) -> str:
            quotes = found_in(draft, lists, text)
            by = ", ".join(f"“{quote}”" for quote in quotes or ())
            return "" if quotes is None else f"this would be found, by {by}"

        match = ask.line(
            "A text that must be found, on one line? (an empty line: change the words)",
            "--match",
            given.match,
            default=again,
            wrong=missed,
        )
        no_match = match and ask.line(
            "One that must not, best one that nearly would? (an empty line: change the words)",
            "--no-match",
            given.no_match,
            default=again,
            wrong=found,
        )
        if match and no_match:
            return replace(draft, match=match, no_match=no_match)
        given = Given()


def _words(ask: Questions, draft: Draft, given: Given, lists: Lists) -> Draft:
    from watchd.rules.draft import wrong_with

    def wrong(term: str) -> str:
        return wrong_with(term, lists)

    find = ask.terms(
        f"Which words or phrases? ({_WORDS})", "--find", given.find, needed=True, wrong=wrong
    )
    near = ask.terms(
        "Words of which one must stand near them? (an empty line: none)",
        "--near",
        given.near,
        needed=False,
        wrong=wrong,
    )
    within = "10"
    if near:
        within = ask.line(
            "How many words may lie between the two at most?",
            "--within",
            given.within,
            default=within,
            wrong=_wrong_distance,
        )
    leave_out = ask.terms(
        "Words or phrases to leave out? (an empty line: none)",
        "--not",
        given.leave_out,
        needed=False,
        wrong=wrong,
    )
    return replace(draft, find=find, near=near, within=int(within), leave_out=leave_out)


def _severity(answer: str) -> str:
    """The severity of that name, in any case, or that it begins with; "" for none."""
    return next((one for one in SEVERITIES if one.startswith(answer.lower())), "")


def _wrong_severity(answer: str) -> str:
    from watchd.rules.meant import word

    meant = word(answer, list(SEVERITIES))
    hint = f"; did you mean {meant}?" if meant else ""
    return "" if _severity(answer) else f"{', '.join(SEVERITIES)}, not '{answer}'{hint}"


def _wrong_distance(answer: str) -> str:
    right = answer.isascii() and answer.isdigit() and int(answer) <= _FARTHEST
    return "" if right else f"a number from 0 to {_FARTHEST}, not '{answer}'"
