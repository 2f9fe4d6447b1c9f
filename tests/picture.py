"""Take the picture of the first page that the README shows: `python tests/picture.py REPORT OUTPUT`.

The picture in `docs/` is of a report that notebook 06 makes, so that nobody real is in it. It has 128
colours, which is all that a page of text and bars needs.
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SIZE = {"width": 1280, "height": 900}
"""Of a laptop's screen, in pixels."""


def take(report: Path, output: Path) -> None:
    """Show a report as it opens, without scrolling, and keep the picture."""
    program = next(filter(None, map(shutil.which, NAMES)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport=SIZE)
        page.goto(report.resolve().as_uri())
        page.screenshot(path=output)
        browser.close()


def shrink(output: Path) -> None:
    """Keep 128 colours, which makes the file about a third."""
    from PIL import Image

    with Image.open(output) as picture:
        few = picture.convert("RGB").quantize(128)
    few.save(output, optimize=True)


def main() -> None:
    """Take the picture of one report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path, help="report.html of a release")
    parser.add_argument("output", type=Path, help="picture to write (.png)")
    given = parser.parse_args()
    take(given.report, given.output)
    shrink(given.output)


if __name__ == "__main__":
    main()
