"""Draws docs/pictures anew: an alert and a digest as a browser shows the mail, and the terminal.

    python -m tests.pictures [FOLDER]

Needs a Chromium (/usr/bin/chromium, or $CHROMIUM), Playwright for Python, and fonts for Korean
(Debian: chromium, fonts-noto-cjk). Nothing is fetched: the pages have no address in them that a
browser would load.
"""

from __future__ import annotations

import io
import os
import re
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright
from rich.console import Console

from tests.support.messages import MESSAGES
from watchd.cli.show import terminal
from watchd.render.dresses import dresses

FOLDER = Path(__file__).parents[1] / "docs/pictures"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SHOWN = {
    "alert": "update",
    "overtime": "overtime",
    "digest": "digest",
}  # name of the picture, and of the message


def draw(folder: Path) -> None:
    """Mails as PNG in light and in dark, the terminal as SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-lcd-text"],
        )
        for name, which in SHOWN.items():
            html = dresses(MESSAGES[which])["mail.html"]
            for scheme in SCHEMES:
                tab = browser.new_page(color_scheme=scheme, viewport={"width": 640, "height": 200})
                tab.set_content(html)
                tab.screenshot(path=folder / f"mail-{name}-{scheme}.png", full_page=True)
                tab.close()
        browser.close()
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    console.print(terminal(MESSAGES["update"]))
    svg = _at_home(console.export_svg(title="watchd render 13"))
    (folder / "terminal-alert.svg").write_text(svg, encoding="utf-8")


def _at_home(svg: str) -> str:
    """Rich's picture without fonts from elsewhere, and with Korean as wide as it is."""
    svg = re.sub(r"@font-face \{.*?\}|<!--.*?-->", "", svg, flags=re.DOTALL)
    wide = re.compile(r' textLength="[\d.]+"([^>]*>[^<]*[\u1100-\u11ff\u3000-\ud7ff])')
    return "\n".join(line.rstrip() for line in wide.sub(r"\1", svg).splitlines()) + "\n"


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
