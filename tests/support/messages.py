"""One message of each kind, as a desk would get it: for golden files and for pictures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.alerts import SEEN, an_alert, evidence
from watchd.model import Alert, Behind, Digest, HeldFor, History, Notice, OfRule, OverTimeHit
from watchd.model.board import Board, Standing
from watchd.model.words import Example, Phrase, PhraseKind, Words
from watchd.render.sample import sample_alert
from watchd.values import replace

_TITLE = "Leader praises soldiers who fought in alien lands"
_TEXT = (
    "At a ceremony in the capital the leader met families of the fallen. He called the feats of "
    "those who fought in alien lands heroic and immortal, and laid the first stone of a museum. "
    + "The choir sang, and flowers were laid. " * 8
    + "A decree on decorations for the heroes of the overseas operation was read out. "
    + "Guests from abroad were present. " * 8
    + "《해외군사작전》에 참가하여 영웅적으로 싸운 전투원들에게 훈장이 수여되였다."
)

ALERT = an_alert(
    rule="dprk/alien-lands",
    rule_title="DPRK honours its troops abroad in heroic wording",
    why="Praise of soldiers in “alien lands” has gone along with further deployments.",
    title=_TITLE,
    text=_TEXT,
    url="https://example.org/en/news/4711",
    source="kcna-en",
    publisher="KCNA",
    grade="B2",
    history=History(today=3, month=11, last=SEEN - timedelta(days=6)),
    evidence=(
        *evidence("title", _TITLE, "alien lands"),
        *evidence("body", _TEXT, "alien lands", "heroic", "immortal", "heroes", "해외군사작전"),
    ),
)
UPDATE = replace(
    ALERT,
    hit=13,
    update=True,
    difference="new words: heroic, immortal",
    also=("Yonhap", "NK News"),
)
_SHIPS = an_alert(
    hit=14,
    rule="harbour/ships",
    rule_title="Ships",
    severity="medium",
    title="Three grey ships leave the harbour",
    url="https://example.org/en/news/4712",
)


def a_standing(rule: str, title: str, level: str, was: str, **more: Any) -> Standing:
    """An indicator on the board: nothing found, and all of its sources well."""
    usual = {
        "problem": "Further deployments to Russia",
        "weight": "moderate",
        "lasts": timedelta(days=30),
        "texts": 0,
        "last": None,
        "hit": 0,
        "per_day": (0,) * 30,
        "sources": 3,
        "unwell": 0,
        "reckoned": level,
    }
    return Standing(rule=rule, title=title, level=level, was=was, **{**usual, **more})


BOARD = Board(
    since=SEEN - timedelta(hours=15),
    standings=(
        a_standing(
            ALERT.rule, ALERT.rule_title, "active", "seen", weight="strong", texts=4, hit=12,
            last=SEEN - timedelta(minutes=8),
            per_day=(0,) * 18 + (1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2),
        ),
        a_standing(
            "dprk/letters", "Messages between the leaders", "seen", "seen", weight="weak", texts=2,
            last=SEEN - timedelta(days=9), hit=7,
            per_day=(0,) * 14 + (1, 0, 0, 0, 0, 0, 1) + (0,) * 9,
        ),
        a_standing(
            "dprk/trains", "Trains on the Tumangang line", "unknown", "quiet", sources=2, unwell=2
        ),
        a_standing("dprk/decree", "A decree on decorations", "quiet", "quiet"),
        a_standing(
            "dprk/satellite", "Russian specialists at a launch", "faded", "faded", weight="strong",
            problem="A satellite launch", last=SEEN - timedelta(days=70), hit=2,
        ),
        a_standing(
            "dprk/notice", "A notice to mariners", "quiet", "quiet", problem="A satellite launch"
        ),
    ),
)  # fmt: skip
FIRST_BOARD = Board(standings=tuple(replace(one, was=one.level) for one in BOARD.standings))
DIGEST = Digest(
    id=4,
    at=SEEN + timedelta(hours=9),
    mode="daily@07:30 Asia/Seoul",
    scheduled=("daily",),
    board=BOARD,
    rules=(
        OfRule(
            rule=ALERT.rule, title=ALERT.rule_title, severity="high", count=15, since=SEEN,
            alerts=(ALERT, UPDATE),
        ),
        OfRule(
            rule=_SHIPS.rule, title=_SHIPS.rule_title, severity="medium", count=1, since=SEEN,
            alerts=(_SHIPS,),
        ),
    ),
    reasons={HeldFor.DIGEST: 16},
    feeds=43,
    trouble=(("rodong", "failing"), ("tass", "stale")),
)  # fmt: skip

_STORIES = (
    (812, "Envoy of Russia received", "KCNA", 0),
    (807, "러시아련방 대표단 도착", "Rodong Sinmun", 7),
    (799, "Russian dance group performs", "KCNA", 26),
    (791, "Wreaths from the Russian embassy", "Voice of Korea", 31),
    (786, "Talks on Russian timber", "KCNA", 50),
)
OVER_TIME = replace(
    ALERT,
    hit=15,
    rule="dprk/russia-burst",
    rule_title="Russia is named more than usual",
    why="13 of 58 stories in 7d; usual 45 of 484 in 8 windows of that length (about 5 expected); "
    "chance about 0.7 %. Warmth towards Moscow comes before visits.",
    item=replace(
        ALERT.item,
        title=_STORIES[0][1],
        text="The envoy of the Russian Federation paid a courtesy call.",
        url="https://example.org/en/news/812",
    ),
    item_id=812,
    evidence=evidence("title", _STORIES[0][1], "Russia"),
    over_time=OverTimeHit(
        said="13 of 58 stories in 7d; usual 45 of 484 in 8 windows of that length "
        "(about 5 expected); chance about 0.7 %",
        value=13,
        items=tuple(one[0] for one in _STORIES),
        series=(4, 3, 5, 0, 4, 3, 5, 2, 4, 6, 4, 5, 5, 8),
        since=SEEN - timedelta(days=63),
        at=SEEN - timedelta(minutes=8),
        stories=13,
    ),
    behind=tuple(
        Behind(
            item=number,
            title=title,
            url=f"https://example.org/en/news/{number}",
            publisher=publisher,
            at=SEEN - timedelta(hours=hours, minutes=8),
        )
        for number, title, publisher, hours in _STORIES
    ),
)


def a_phrase(words: str, kind: PhraseKind, **more: Any) -> Phrase:
    """A phrase with one headline."""
    example = Example(
        title=_TITLE, url=ALERT.item.url, source="kcna-en", at=SEEN - timedelta(hours=20)
    )
    usual = {
        "lang": "en",
        "now": 9,
        "of_now": 142,
        "before": 0,
        "of_before": 513,
        "change": 5.2,
        "g2": 40.0,
        "chance": 0.00002,
        "examples": (example,),
    }
    return Phrase(words=words, kind=kind, **{**usual, **more})


WORDS = Words(
    name="words",
    mode="weekly@thu 15:20 Asia/Seoul",
    baseline=SEEN - timedelta(days=35),
    since=SEEN - timedelta(days=7),
    until=SEEN,
    texts=164,
    texts_before=590,
    tried=12_408,
    phrases=(
        a_phrase(
            "적대적 두 국가", "new", lang="ko", now=6, of_now=22, of_before=77,
            examples=(
                Example(title="적대적인 두 국가관계에 대하여", url="https://example.org/ko/news/311",
                        source="rodong", at=SEEN - timedelta(hours=9)),
                Example(title="두 국가의 국경", url="https://example.org/ko/news/302",
                        source="kcna", at=SEEN - timedelta(days=3)),
            ),
        ),
        a_phrase("heroic martyrs", "rose", before=8, chance=0.0071),
        a_phrase("peace talks", "fell", now=1, before=41, chance=0.0004, examples=()),
    ),
    not_ready=("ru",),
)  # fmt: skip
WORDS_DIGEST = Digest(id=18, at=SEEN, mode=WORDS.mode, words=WORDS)

MESSAGES: dict[str, Alert | Notice | Digest] = {
    "alert": ALERT,
    "update": UPDATE,
    "repeat": replace(ALERT, may_repeat=True),
    "delayed": replace(ALERT, kept="Delayed 6 h."),
    "fallback": replace(ALERT, kept="Sent here because desk does not take messages."),
    "fulltext": replace(
        ALERT,
        item=replace(ALERT.item, text="A ceremony in the capital.", article=_TEXT),
        evidence=evidence("article", _TEXT, "alien lands", "heroic"),
    ),
    "overtime": OVER_TIME,
    "silence": replace(
        ALERT,
        hit=16,
        rule="dprk/kcna-silent",
        rule_title="KCNA has gone quiet",
        why="0 items of kcna in 2d, the last one 2026-01-06 04:00 UTC.",
        evidence=(),
        over_time=OverTimeHit(
            said="0 items of kcna in 2d, the last one 2026-01-06 04:00 UTC",
            value=0,
            items=(3,),
            series=(),
            at=SEEN - timedelta(days=2, hours=2),
            key="kcna",
        ),
    ),
    "bare": an_alert(title="", text="Only a few words.", url="", published=None, evidence=()),
    "test": sample_alert(SEEN),
    "notice": Notice(
        id=9,
        at=SEEN,
        severity="high",
        title="2 feeds are in trouble",
        lines=("rodong: failing since 2026-01-08 00:12 UTC: 503 Service Unavailable",
               "tass: stale: nothing new for 3 days; usually every 20 min"),
        why="What they publish meanwhile is not seen.",
    ),
    "digest": DIGEST,
    "seoul-digest": replace(DIGEST, board=None),
    "empty-digest": replace(DIGEST, rules=(), reasons={}, trouble=(), board=None),
    "board-digest": replace(DIGEST, rules=(), reasons={}, board=FIRST_BOARD),
    "words": WORDS_DIGEST,
    "no-words": replace(
        WORDS_DIGEST,
        kept="Delayed 6 h.",
        words=replace(WORDS, name="kcna", phrases=(), not_ready=()),
    ),
    "storm": replace(
        DIGEST, mode="now", scheduled=(), board=None, reasons={HeldFor.STORM: 16}, may_repeat=True
    ),
}  # fmt: skip
"""By kind; `watchd.store.digests` says the same of what it keeps back."""

READERS = {"seoul-digest": ZoneInfo("Asia/Seoul")}
"""The clocks of those who read them, where they have others than UTC."""
