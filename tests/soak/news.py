"""The news of a small world, in five languages: put together from a few words, so that there is
as much of it as it takes, and planned beforehand, so that what is shown depends on the time only.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

# Of each language: who, does what, where, and why; the first of "does what" is a signal of
# rules/ferry-strike.toml, and the first "where" is one of rules/balloons.toml.
WORDS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        "{0} {1} {2}. They say it is because of {3}.",
        ("Harbour pilots", "The bakers", "Two schools", "Some gardeners", "The choir"),
        ("join the ferry strike", "meet a minister", "plant an orchard", "paint the fence",
         "count the swans", "open a museum", "mend the clock"),
        ("under a grey balloon", "in the old town", "by the river", "at the station",
         "on the hill", "behind the mill", "near the bridge"),
        ("the weather", "an anniversary", "new rules", "a wager", "the tides"),
    ),
    "ko": (
        "{0} {2} {1}. 이유는 {3} 때문이라고 한다.",
        ("항구 안내원들이", "제빵사들이", "두 학교가", "정원사들이", "합창단이"),
        ("여객선 파업에 참가했다", "장관을 만났다", "과수원을 가꾸었다", "울타리를 칠했다",
         "백조를 세었다", "박물관을 열었다", "시계를 고쳤다"),
        ("회색 풍선 아래에서", "옛 시가지에서", "강가에서", "역에서", "언덕에서", "방앗간 뒤에서",
         "다리 근처에서"),
        ("날씨", "기념일", "새 규칙", "내기", "밀물"),
    ),
    "ru": (
        "{0} {2} {1}. Говорят, причина в том, что {3}.",
        ("Лоцманы", "Пекари", "Две школы", "Садовники", "Певчие"),
        ("поддержали забастовку паромщиков", "встретили министра", "посадили сад",
         "покрасили забор", "сосчитали лебедей", "открыли музей", "починили часы"),
        ("под серым воздушным шаром", "в старом городе", "у реки", "на вокзале", "на холме",
         "за мельницей", "возле моста"),
        ("такова погода", "скоро праздник", "правила новые", "был спор", "идёт прилив"),
    ),
    "zh": (
        "{0}{2}{1}。据说原因是{3}。",
        ("港口领航员", "面包师", "两所学校", "园丁们", "合唱团"),
        ("参加渡轮罢工", "会见部长", "种植果园", "粉刷栅栏", "清点天鹅", "开设博物馆", "修理时钟"),
        ("在灰色气球下", "在老城区", "在河边", "在车站", "在山上", "在磨坊后", "在桥边"),
        ("天气", "周年纪念", "新规定", "打赌", "潮汐"),
    ),
    "ja": (
        "{0}{2}{1}。理由は{3}だという。",
        ("水先案内人が", "パン職人が", "二つの学校が", "庭師たちが", "合唱団が"),
        ("フェリーのストライキに加わった", "大臣に会った", "果樹園を作った", "柵を塗った",
         "白鳥を数えた", "博物館を開いた", "時計を直した"),
        ("灰色の気球の下で", "旧市街で", "川辺で", "駅で", "丘の上で", "水車小屋の裏で",
         "橋の近くで"),
        ("天気", "記念日", "新しい規則", "賭け", "潮"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the world goes. Spans are seconds."""

    feeds: int = 10
    rate: float = 2.0  # items a second, of all feeds together
    total: int = 5000  # items that come out; then the world is quiet
    pulse: float = 3.0  # they come out in batches, so that between them there is nothing new
    window: int = 60  # items shown of a feed
    start: int = 10  # items of each feed that are there from the beginning
    seed: int = 1
    faults: bool = False
    sink_faults: bool = False
    relink: bool = False
    slow: float = 3.0  # how long a slow feed takes
    late: float = 5.0  # how long a late receiver takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item of a feed, and when it comes out: seconds since the beginning of the world."""

    id: str
    guid: str
    title: str
    text: str
    at: float


def plan(settings: Settings) -> dict[str, list[Entry]]:
    """All that will come out, by feed."""
    chance = random.Random(settings.seed)
    names = [f"{lang}-{n}" for n, lang in zip(range(settings.feeds), itertools.cycle(WORDS))]
    texts = {lang: _texts(lang, chance) for lang in WORDS}
    told: dict[str, list[Entry]] = {name: [] for name in names}
    moments = [(name, -3600.0 * n) for name in names for n in range(settings.start, 0, -1)]
    for n in range(settings.total):
        pulses = n / settings.rate // settings.pulse + 1
        moments.append((chance.choice(names), pulses * settings.pulse))
    for n, (name, at) in enumerate(moments):
        entries = told[name]
        number = f"{name}-{n}"
        if settings.relink and at > 0 and chance.random() < 0.1:
            old = chance.choice(entries[-20:])  # the same words under another link
            entry = Entry(id=number, guid=f"/page/{number}", title=old.title, text=old.text, at=at)
        else:
            title, text = next(texts[name.partition("-")[0]])
            entry = Entry(id=number, guid=f"/page/{number}", title=title, text=text, at=at)
        entries.append(entry)
    return told


def _texts(lang: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Title and text without end; no two are alike, for each has a number in it."""
    sentence, *parts = WORDS[lang]

    def say() -> str:
        # What comes first is a signal, and signals are rare.
        return sentence.format(*(chance.choices(p, [1] + [3] * (len(p) - 1))[0] for p in parts))

    for number in itertools.count(1):
        first, second = say(), say()
        title = first.partition(". ")[0].partition("。")[0]
        yield f"{title} ({number})", f"{first} {second} [{lang} {number}]"
