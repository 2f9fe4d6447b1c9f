"""The pages of a pack as readers meet them: in a real browser, by an accessibility checker."""

import re

import pytest

from languages import words_of_the_other
from made_runs import make_pack

api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from test_browser import browser, violations  # noqa: E402, F401


@pytest.fixture(scope="module", params=["nl", "en"])
def pack(request, tmp_path_factory):
    return request.param, make_pack(tmp_path_factory.mktemp("pack"), request.param)


@pytest.mark.parametrize("name", ["index", "council", "norms", "dpia", "classification"])
@pytest.mark.parametrize("width", [1200, 375])
def test_axe_finds_no_violation_in_a_pack(browser, pack, name, width):  # noqa: F811
    language, folder = pack
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((folder / f"{name}.html").as_uri())

    assert violations(page) == []
    assert page.evaluate("document.documentElement.lang") == language
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    page.close()


def test_a_reader_comes_from_the_index_to_each_form_and_back(browser, pack):  # noqa: F811
    _, folder = pack
    page = browser.new_page()
    page.goto((folder / "index.html").as_uri())
    links = page.eval_on_selector_all("p.more a", "found => found.map(one => one.href)")

    forms = [link for link in links if link.endswith(".html")]
    assert len(forms) == 13
    for link in forms:
        page.goto(link)
        page.click("p.more a")
        assert page.url.endswith("index.html")
    page.close()


def test_a_works_council_gets_about_six_sheets(browser, pack):  # noqa: F811
    _, folder = pack
    page = browser.new_page()
    page.goto((folder / "council.html").as_uri())

    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    assert 4 <= sheets <= 7
    page.close()


@pytest.mark.parametrize(
    "name", ["index", "council", "notice", "instructions", "technical", "norms", "classification"]
)
def test_a_page_of_a_pack_is_in_one_language(pack, name):
    language, folder = pack

    assert words_of_the_other((folder / f"{name}.html").read_bytes(), language) == []
