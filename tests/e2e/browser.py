"""A real site and a real browser for tests: a server process with the small world in a database of its own, and Chromium.

    from tests.e2e.browser import CHROMIUM_IS_THERE, Browser, Site, axe, browser, desk, phone, site   # fixtures by import

`site` runs once a worker, on SQLite, or on PostgreSQL when the suite does. `phone` and `desk` are pages of a fresh browser
context (390 x 844 with touch, 1280 x 900); `site.sign_in(page, "officer")` signs a role of the home county in, "officer away"
that of the other. After each test the page must have logged no error, asked no other server, and not scroll sideways.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

ROOT: Final = Path(__file__).parents[2]
AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM: Final = Path(os.environ.get("HUOSHUI_CHROMIUM", "/usr/bin/chromium"))
FLAGS: Final = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --disable-dev-shm-usage"
).split()
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
DESK: Final[ViewportSize] = {"width": 1280, "height": 900}
WCAG: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MISSING: Final = "Chromium is missing: browser tests are skipped (Debian: apt-get install chromium fonts-noto-cjk)"
needs_browser: Final = pytest.mark.skipif(not CHROMIUM.is_file(), reason=MISSING)


@dataclass(slots=True)
class Site:
    """A running site: where it listens, its sessions, its pages, and its environment."""

    address: str
    sessions: dict[str, str]
    pages: dict[str, list[dict[str, str]]]
    cookie: str
    environment: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes]" = field(repr=False)

    def sign_in(self, page: Page, person: str) -> None:
        """Sign a person in: a role's value, with " away" for the other county; "" is nobody."""
        page.context.clear_cookies()
        if person:
            page.context.add_cookies([{"name": self.cookie, "value": self.sessions[person], "url": self.address}])

    def ask(self, code: str) -> Any:
        """Run Python inside the site's own environment, with Django set up; what it prints last is read as JSON."""
        start = "import json, django; django.setup()\n"
        done = subprocess.run(
            [sys.executable, "-c", start + code], env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else None

    def stop(self) -> None:
        """Stop the server, if it runs."""
        self.process.terminate()
        self.process.wait(timeout=20)

    def start(self) -> None:
        """Start the server (again), and wait until it answers."""
        self.process = _serve(self.environment, address=self.address, log=self.log)


def run_site(folder: Path) -> Site:
    """Make a site with the small world in `folder`, and start it."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    environment = {
        **os.environ,
        "HUOSHUI_DATA": str(folder),
        "HUOSHUI_ADDRESS": f"http://127.0.0.1:{port}",
        "HUOSHUI_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "huoshui.site.settings",
        "PYTHONPATH": str(ROOT),
    }
    if shared := os.environ.get("HUOSHUI_DATABASE"):
        environment["HUOSHUI_DATABASE"] = _own_database(shared, name=f"e2e_{port}")
    made = subprocess.run(
        [sys.executable, "-m", "tests.e2e.site_data"], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr[-3000:]
    told = json.loads(made.stdout)
    log, address = folder / "server.log", environment["HUOSHUI_ADDRESS"]
    process = _serve(environment, address=address, log=log)
    return Site(address, told["sessions"], told["pages"], told["cookie"], environment, log, process)


def _own_database(address: str, *, name: str) -> str:
    import psycopg

    place, _, host = address.partition("?")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{place.rpartition('/')[0]}/{name}?{host}"


def _serve(environment: dict[str, str], *, address: str, log: Path) -> "subprocess.Popen[bytes]":
    port = address.rpartition(":")[2]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", port]
    command += ["--workers", "1", "--blocking-threads", "4", "huoshui.site.wsgi:application"]
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=out, stderr=out)
    for _ in range(300):
        try:
            with socket.create_connection(("127.0.0.1", int(port)), timeout=2):
                return process
        except OSError:
            assert process.poll() is None, log.read_text(encoding="utf-8")[-3000:]
            time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8")[-3000:])


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running site with the small world, one a worker."""
    if not CHROMIUM.is_file():
        pytest.skip(MISSING)
    running = run_site(tmp_path_factory.mktemp("site"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, one a module: a test of another module finds no event loop of Playwright's in its thread."""
    if not CHROMIUM.is_file():
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


def context_of(browser: Browser, *, phone: bool, **options: Any) -> BrowserContext:
    """A fresh context of a phone or a desk, in Shanghai."""
    given: dict[str, Any] = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": PHONE if phone else DESK}
    if phone:
        given |= {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    return browser.new_context(**given, **options)


@dataclass(slots=True)
class Watched:
    """What a page said that it should not have: errors of scripts and of the console, requests to other servers."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda x: self.wrong.append(f"script: {x}"))
        self.page.on("console", lambda x: self.wrong.append(f"console: {x.text}") if x.type == "error" else None)
        self.page.on("request", lambda x: self._asked(x.url))

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:", "about:")):
            self.wrong.append(f"asked another server: {url}")


def _watched(browser: Browser, site: Site, *, phone: bool) -> Iterator[Page]:
    context = context_of(browser, phone=phone, base_url=site.address)
    page = context.new_page()
    watched = Watched(page, site.address)
    yield page
    sideways = scrolls_sideways(page)
    context.close()
    assert watched.wrong == []
    assert not sideways, "the page scrolls sideways"


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[Page]:
    """A page on a phone."""
    yield from _watched(browser, site, phone=True)


@pytest.fixture
def desk(browser: Browser, site: Site) -> Iterator[Page]:
    """A page on a desk."""
    yield from _watched(browser, site, phone=False)


def scrolls_sideways(page: Page) -> bool:
    """Whether the page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def axe(page: Page) -> list[str]:
    """What axe finds wrong by WCAG 2.2 AA: the rule and the element, nothing where all is well."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", WCAG)
    return [
        f"{x['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})" for x in found["violations"] for node in x["nodes"]
    ]
