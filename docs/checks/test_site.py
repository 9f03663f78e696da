"""The built site in a browser: on a desk and on a phone, with a mouse and a keyboard, from disk and from a server.

`make docs-test` builds it first. The browser is a Chromium of the machine; without one there is nothing to look with.
`make docs-test SHOTS=site/shots` also writes pictures of some pages there, on a desk and on a phone, in light and dark.
"""

import contextlib
import http.server
import os
import pathlib
import shutil
import threading
import urllib.parse

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright import sync_api

SITE = pathlib.Path(__file__).parents[2] / "site"
# All but the page for addresses that are none: a server shows it anywhere, so that its links begin at the root.
PAGES = sorted({path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html")} - {"404.html"})
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SHOTS = os.environ.get("SHOTS")
SHOWN = (
    *("index.html", "gallery/index.html", "guide/check.html", "guide/functions.html", "reference/elementwise.html"),
    *("reference/tf.html", "errors/gradients-eager.html", "performance.html"),
)
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 380, "height": 780}

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium to open the site with (CHROMIUM says where)")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server():
    """The address of a server of the site."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Quiet) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}/"
        httpd.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *arguments):
        super().__init__(*arguments, directory=SITE)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def opened(browser, **options):
    """A page of a new window, and the list of what went wrong in it: messages, failures, requests to elsewhere."""
    context = browser.new_context(**options)
    page, faults = context.new_page(), []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))

    def failed(request):
        if request.failure != "net::ERR_ABORTED":  # of a page that was left before its icon came
            faults.append(f"{request.failure}: {request.url}")

    def look(request):
        address = urllib.parse.urlsplit(request.url)
        if address.scheme not in ("file", "data", "blob", "about") and address.hostname != "127.0.0.1":
            faults.append(f"asks elsewhere: {request.url}")

    page.on("requestfailed", failed)
    page.on("request", look)
    try:
        yield page, faults
    finally:
        context.close()


def here(page):
    """The address of a page on disk."""
    return (SITE / page).as_uri()


# What of a page reaches beyond the right edge of the window, or of the box that shows it.
BEYOND = """() => {
    const found = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} wide`);
    for (const box of document.querySelectorAll('.md-content pre > code, .md-content table, .md-typeset__table'))
        if (box.scrollWidth > box.clientWidth + 1 || box.getBoundingClientRect().right > root.clientWidth + 1)
            found.push(`${box.tagName}: ${box.textContent.trim().slice(0, 60)}`);
    return found;
}"""
CONTENT = """() => ({
    links: [...document.querySelectorAll('a[href]')].map(link => link.href),
    ids: [...document.querySelectorAll('[id]')].map(place => place.id),
    unnamed: [...document.querySelectorAll('.md-content img')].filter(
        image => !image.alt && !image.closest('[aria-hidden=true]')).map(image => image.src),
    facts: document.querySelectorAll('.facts').length,
    functions: [...document.querySelectorAll('.doc-heading[id^="kjax.backend."]')].length,
})"""


@pytest.fixture(scope="module")
def visits(browser):
    """Each page, opened once: what is on it, what is too wide on a desk and on a phone, and what went wrong."""
    found = {}
    with opened(browser, viewport=DESK) as (page, faults):
        for name in PAGES:
            page.goto(here(name))
            desk = page.evaluate(BEYOND)
            page.set_viewport_size(PHONE)
            found[name] = {**page.evaluate(CONTENT), "desk": desk, "phone": page.evaluate(BEYOND), "faults": [*faults]}
            faults.clear()
            page.set_viewport_size(DESK)
    return found


@pytest.mark.skipif(not SHOTS, reason="pictures are written when asked for: make docs-test SHOTS=FOLDER")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_are_written(browser, scheme):
    folder = pathlib.Path(SHOTS)
    folder.mkdir(parents=True, exist_ok=True)
    for name in SHOWN:
        for place, size in (("desk", DESK), ("phone", PHONE)):
            with opened(browser, viewport=size, color_scheme=scheme) as (page, faults):
                page.goto(here(name))
                file = folder / f"{name.removesuffix('.html').replace('/', '-')}-{place}-{scheme}.png"
                page.screenshot(path=file)
                assert file.stat().st_size > 10_000 and not faults, name


def test_there_is_a_site():
    assert len(PAGES) > 60, "`make docs` writes it"
    stray = [path for path in SITE.rglob("*") if path.suffix in (".py", ".pyc") or path.name == "__pycache__"]
    assert not stray


def test_nothing_goes_wrong_and_nobody_else_is_asked(visits):
    assert {name: visit["faults"] for name, visit in visits.items() if visit["faults"]} == {}


def test_nothing_reaches_beyond_the_right_edge(visits):
    assert {name: visit["desk"] for name, visit in visits.items() if visit["desk"]} == {}
    assert {name: visit["phone"] for name, visit in visits.items() if visit["phone"]} == {}


def test_links_lead_somewhere(visits):
    places = {here(name): {"", "__top", *visit["ids"]} for name, visit in visits.items()}
    broken = set()
    for name, visit in visits.items():
        for link in visit["links"]:
            address, place = urllib.parse.urldefrag(link)
            if not address.startswith("file:"):
                continue
            known = places.get(address)
            if known is None and not pathlib.Path(urllib.parse.unquote(urllib.parse.urlsplit(address).path)).is_file():
                broken.add((name, link))
            if known is not None and urllib.parse.unquote(place) not in known:
                broken.add((name, link))
    assert sum(len(visit["links"]) for visit in visits.values()) > 3_000
    assert not broken


def test_pictures_say_what_they_show(visits):
    assert {name: visit["unnamed"] for name, visit in visits.items() if visit["unnamed"]} == {}


def test_every_function_has_its_line_of_facts(visits):
    reference = {name: visit for name, visit in visits.items() if name.startswith("reference/")}
    assert sum(visit["facts"] for visit in reference.values()) == 146
    for name, visit in reference.items():
        assert visit["facts"] <= visit["functions"] <= visit["facts"] + 3, name  # three come from Keras 3


@pytest.mark.parametrize("place", ["disk", "server"])
def test_the_search_finds(browser, server, place):
    with opened(browser, viewport=DESK) as (page, faults):
        page.goto(here("index.html") if place == "disk" else server)
        for sought, first in (
            ("ones_like", "reference/creation.html"),
            ("tf.reduce_sum", "reference/tf.html"),
            ("clip_by_value", "reference/tf.html"),
            ("module 'tensorflow' has no attribute 'placeholder'", "errors/placeholder.html"),
            ("keras_learning_phase", "errors/learning-phase.html"),
        ):
            box = page.locator(".md-search__input")
            box.fill("")
            box.press_sequentially(sought)
            shown = page.locator(f".md-search-result__item:nth-child(-n+8) a[href*='{first}'][href*='h=']")
            sync_api.expect(shown.first).to_be_attached()
        assert not faults


def test_the_keyboard_is_enough(browser):
    with opened(browser, viewport=DESK) as (page, faults):
        page.goto(here("guide/modes.html"))
        page.keyboard.press("Tab")
        skip = page.evaluate("document.activeElement.className")
        assert "md-skip" in skip
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash")
        for _ in range(3):
            page.keyboard.press("Tab")
            style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert style not in ("none", ""), page.evaluate("document.activeElement.outerHTML")
        page.keyboard.press("/")
        assert "md-search__input" in page.evaluate("document.activeElement.className")
        assert not faults


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "name", ["index.html", "guide/functions.html", "reference/elementwise.html", "errors/gradients-eager.html"]
)
def test_readers_of_all_kinds(browser, scheme, name):
    with opened(browser, viewport=DESK, color_scheme=scheme) as (page, _):
        page.goto(here(name))
        assert page.evaluate("document.body.dataset.mdColorScheme") == {"light": "default", "dark": "slate"}[scheme]
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        grave = {
            violation["id"]: [node["html"][:200] for node in violation["nodes"]][:5]
            for violation in found
            if violation["impact"] in ("serious", "critical")
        }
        assert grave == {}
