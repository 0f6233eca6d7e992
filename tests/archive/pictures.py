"""The pictures of docs/pictures: a month of made-up news, the shipped rules, `watchd report`.

.venv/bin/python -m tests.archive.pictures      # wants Chromium and playwright
"""

from __future__ import annotations

import json
import logging
import tempfile
from datetime import UTC, timedelta
from pathlib import Path
from random import Random

from playwright.sync_api import sync_playwright

from tests.support.desk import DeskFolder
from tests.support.site import Answer, Site
from watchd.cli.session import now

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"

PLAIN = {
    "kcna-en": ("en", ["New houses are ready", "The rice harvest is in", "A school is opened"]),
    "yonhap-ko": ("ko", ["비가 내린다", "시장이 열렸다", "새 학교가 문을 열었다"]),
    "tass-ru": ("ru", ["В порту новый кран", "Открыта новая школа", "Идет дождь"]),
    "xinhua-zh": ("zh", ["新学校开学", "天气转冷", "港口启用新设备"]),
    "wire": ("en", ["Rain in the north", "Markets are quiet", "A bridge is mended"]),
}
TOLD = {
    "kcna-en": ["Heroes of the overseas military operation are honoured in the alien lands",
                "Kim Jong Un sends congratulatory message to Putin"],
    "yonhap-ko": ["김정은, 푸틴에게 축전 보내", "북한, 정찰위성 발사 준비"],
    "tass-ru": ["Путин направил послание Ким Чен Ыну"],
    "xinhua-zh": ["朝鲜宣布发射侦察卫星"],
    "wire": ["North Korea prepares the Ninth Party Congress",
             "Two hostile states: Pyongyang repeats its line on the South"],
}  # fmt: skip


def main() -> None:
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        desk = DeskFolder(Path(folder))
        desk.lines[1] = f"rules = {json.dumps(str(ROOT / 'rules'))}"
        month(desk)
        out = Path(folder) / "report"
        done = desk.watchd("report", "--out", str(out))
        assert done.returncode == 0, done.stderr
        draw(out, ROOT / "docs/pictures")


def month(desk: DeskFolder) -> None:
    """A look a day; on some days a headline that a shipped rule finds."""
    r, today = Random(4), now().replace(hour=8, minute=0, second=0, microsecond=0)
    shown: dict[str, list[dict[str, object]]] = {name: [] for name in PLAIN}
    with Site() as site:
        for name in PLAIN:
            desk.feed(name, site.url(f"/{name}.xml"), publisher=name.partition("-")[0].upper())
        for day in range(30):
            at = today - timedelta(days=29 - day)
            for name, (lang, plain) in PLAIN.items():
                lines = r.sample(plain, r.randint(1, 3))
                if day > 4 and r.random() < 0.25:
                    lines.append(r.choice(TOLD[name]))
                news = [
                    {"title": f"{line}{'' if line in TOLD[name] else f' ({day})'}",
                     "link": f"https://example.org/{name}/{day}/{n}", "date": at}
                    for n, line in enumerate(lines)
                ]  # fmt: skip
                shown[name] = [*news, *shown[name]][:20]
                site.feed(f"/{name}.xml", items=shown[name], lang=lang)
            if day > 24:
                site.answer("/xinhua-zh.xml", Answer(status=503))
            desk.once(at.astimezone(UTC) + timedelta(minutes=5))


def draw(pages: Path, to: Path) -> None:
    to.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, scheme in (("index", "light"), ("hits", "dark"), ("feeds", "light")):
            size = {"width": 1100, "height": 760}
            page = browser.new_page(color_scheme=scheme, viewport=size)
            page.goto((pages / f"{name}.html").as_uri())
            page.screenshot(path=str(to / f"report-{name}-{scheme}.png"))
        browser.close()


if __name__ == "__main__":
    main()
