"""The texts of the demo: invented for it, in the manner of the real thing. Nothing here is news."""

from __future__ import annotations

from watchd.values import Struct


class Story(Struct, frozen=True, kw_only=True):
    """One published item. `later` stories appear while the demo runs: only they can alert."""

    title: str
    text: str
    later: bool = False


FEEDS: dict[str, tuple[str, tuple[Story, ...]]] = {
    "demo-agency-en": (
        "en",
        (
            Story(
                title="Rice planting finished ahead of schedule on cooperative farms",
                text="Farms in two provinces report that every field is under water.",
            ),
            Story(
                title="Leader praises soldiers who fought in alien lands",
                text=(
                    "At a ceremony in the capital the soldiers were told that what they had done "
                    "so heroically in the alien lands would not be forgotten. Kim Jong Un "
                    "embraced the families of the fallen."
                ),
                later=True,
            ),
            Story(
                title="Kim Jong Un sends message of greetings to Putin",
                text=(
                    "Kim Jong Un sent a congratulatory letter to President Vladimir Putin, "
                    "calling the alliance of the two countries unbreakable."
                ),
                later=True,
            ),
        ),
    ),
    "demo-wire-ko": (
        "ko",
        (
            Story(
                title="주말 전국에 비 소식", text="기상청은 토요일 오후부터 비가 온다고 예보했다."
            ),
            Story(
                title="북한, 정찰위성 발사 준비 정황",
                text=(
                    "북한이 서해위성발사장에서 군사정찰위성 발사를 준비하는 정황이 포착됐다고 "
                    "정부 관계자가 전했다."
                ),
                later=True,
            ),
        ),
    ),
    "demo-wire-ru": (
        "ru",
        (
            Story(
                title="В столице открылась книжная ярмарка", text="Вход свободный до воскресенья."
            ),
            Story(
                title="Ким Чен Ын направил поздравительную телеграмму Путину",
                text=(
                    "Лидер КНДР Ким Чен Ын направил Владимиру Путину поздравительную телеграмму "
                    "по случаю праздника."
                ),
                later=True,
            ),
        ),
    ),
    "demo-wire-zh": (
        "zh",
        (
            Story(title="城市地铁新线路开通", text="新线路全长二十公里，设十五个车站。"),
            Story(
                title="朝鲜劳动党第九次代表大会筹备工作展开",
                text="朝鲜媒体报道，劳动党第九次代表大会的筹备工作正在各地展开。",
                later=True,
            ),
        ),
    ),
    "demo-wire-ja": (
        "ja",
        (
            Story(title="桜の開花、平年より早く", text="気象台は今年の開花が早いと発表した。"),
            Story(
                title="北朝鮮、朝鮮労働党第9回大会の日程を公表",
                text="北朝鮮の国営メディアは、朝鮮労働党第9回大会の日程を伝えた。",
                later=True,
            ),
        ),
    ),
}
"""Feed name -> (language, stories, the oldest first)."""
