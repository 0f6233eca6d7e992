"""Words that say nothing by themselves: a phrase neither begins nor ends with one.

Dates are of their kind: every Monday brings its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from watchd.language import SMALL_WORDS
from watchd.text import fold

_MORE = {
    "en": "a an i in on am me said says say told also it's he she him her them we our us you your "
    "all any some such "
    "no nor so than then there these those through under up down out off only very own same "
    "during before between both each few most other once here why being been do does did done "
    "having had because until while where whom into too just s t",
    "ru": "и в во не что он на я с со как а то все она так его но да ты к у же вы за бы по только "
    "ее мне было вот от меня еще нет о из ему теперь когда даже ну ли если уже или ни быть был "
    "него до вас опять уж вам ведь там потом себя ничего ей может они тут где есть надо ней для "
    "мы тебя их чем была сам чтоб без будто чего раз тоже себе под будет ж тогда кто этот того "
    "потому этого какой совсем ним здесь этом один почти мой тем чтобы нее были куда зачем всех "
    "при об обо над про через эти нас свою этой перед том такой им более всю между это также "
    "который которая которые которого которых этих после лет года году год",
    "uk": "і й та в у на не що з із до за як а але це від про для по при або був була були є "
    "його її їх він вона вони ми ви який яка які цей ця ці того також після",
    "ko": "및 등 것 수 그 이 저 더 또 한 할 위해 대한 대해 따라 통해 관련 지난 오는 이번 오늘 이날 "
    "있다 있는 없는 했다 한다 된다 된 하는 하고 밝혔다 말했다 전했다 보도했다 것이다 것으로 "
    "위한 있다고 라고 했다고 년 월 일 차 명 개 중 전 후",
    "zh": "的 了 在 是 和 与 及 对 将 为 被 由 从 向 于 也 都 而 但 不 就 这 那 其 有 等 至 以 "
    "并 或 我 你 他 她 们 年 月 日 时 个 名 一 上 下 中 到 说 称",
    "ja": "年 月 日 時 分 前 後 中 人 者 的 等 同 約",
}  # fmt: skip
_DATES = {
    "en": "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday "
    "saturday sunday today yesterday tomorrow juche",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря "
    "январе феврале марте апреле мае июне июле августе сентябре октябре ноябре декабре "
    "понедельник вторник среду четверг пятницу субботу воскресенье сегодня вчера завтра",
    "de": "januar februar märz april mai juni juli august september oktober november dezember "
    "montag dienstag mittwoch donnerstag freitag samstag sonntag heute gestern",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre "
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "ko": "월요일 화요일 수요일 목요일 금요일 토요일 일요일 어제 내일",
}


@cache
def small_words(lang: str) -> frozenset[str]:
    """Those of a language, folded; of one that is not known, those of all."""
    known = SMALL_WORDS.keys() | _MORE.keys()
    langs = [lang] if lang in known else sorted(known)
    return _folded(source.get(one, "") for source in (SMALL_WORDS, _MORE) for one in langs)


@cache
def dates() -> frozenset[str]:
    """Names of days and months, folded. (`may` and `mars` are lost as words.)"""
    return _folded(_DATES.values())


def _folded(texts: Iterable[str]) -> frozenset[str]:
    words = " ".join(texts).split()
    return frozenset(part for word in words for part in fold(word).text.split())
