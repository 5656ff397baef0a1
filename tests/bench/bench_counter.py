"""The counter under load: every page at a million firms, visits a second, and what a server that is killed loses.

Pages: 20 users at once open all pages of all roles at random, without a pause (`closed`) and with a pause of a second on
average (`thinking`), on two server processes and PostgreSQL; milliseconds as the client sees them, and as the site says it
worked on them (`Server-Timing`, without the wait for a free thread). Visits: 40 visitors send
one visit after the other; `twice` sends each a second time, `killed` kills every process of the server three times in
between. What the site holds is compared with the clients' own record: lost are visits that the site said it saved and does
not hold, doubled are ids that it holds twice. Client, server and database share the machine.
"""

import argparse
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

from tests.bench.counter_client import Opened, Sent, read_pages, send_visits
from tests.bench.counter_site import CounterSite, postgresql

TOKEN: Final = "c" * 32
SLOWEST: Final = 12
GOAL_MS: Final = 200
FILES: Final = ("review:export", "privacy:export")  # thousands of rows as a file: neither a list nor a page


def main(argv: list[str] | None = None) -> None:
    """All parts, or those that are named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--firms", type=int, default=1_000_000)
    parser.add_argument("--visits", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--part", choices=["pages", "postgresql", "sqlite"])
    given = parser.parse_args(argv if argv is not None else [])
    for part in [given.part] if given.part else ["pages", "postgresql", "sqlite"]:
        with tempfile.TemporaryDirectory(prefix="huoshui-bench-") as folder:
            if part == "sqlite":
                visits(CounterSite(Path(folder), database=""), name=part, seconds=given.seconds)
                continue
            with postgresql(Path(folder)) as database:
                site = CounterSite(Path(folder) / "data", database=database)
                if part == "pages":
                    pages(site, firms=given.firms, visits=given.visits, seconds=given.seconds)
                else:
                    visits(site, name=part, seconds=given.seconds)


def pages(site: CounterSite, *, firms: int, visits: int, seconds: float) -> None:
    """Every page of every role."""
    started = time.monotonic()
    told = site.ask("tests.bench.counter_fill", str(firms), str(visits))
    print(f"filled: {firms:,} firms, {visits:,} visits and events in {time.monotonic() - started:.0f} s", flush=True)
    ways = [
        (route, told["sessions"].get(x["person"], ""), x["url"])
        for route, asked in told["pages"].items() for x in asked if route not in FILES
    ]  # fmt: skip
    ways += [(f"{route} (province)", told["sessions"]["lead"], x["url"]) for route, asked in told["pages"].items()
             for x in asked if x["person"] == "lead"]  # fmt: skip
    site.start()
    try:
        read_pages(site.port, ways, cookie=told["cookie"], users=4, seconds=10, think=0)
        for name, think in (("closed", 0.0), ("thinking", 1.0)):
            before = site.cpu_seconds()
            opened = read_pages(site.port, ways, cookie=told["cookie"], users=20, seconds=seconds, think=think)
            print_pages(name, opened, cpu=site.cpu_seconds() - before, seconds=seconds)
    finally:
        site.kill()


def print_pages(name: str, opened: Opened, *, cpu: float, seconds: float) -> None:
    """The whole, and the slowest routes."""
    everything, served = ([y for x in z.values() for y in x] for z in (opened.times, opened.served))
    each = cpu / len(everything) * 1000
    print(f"pages {name}: {len(everything)} answers, {len(everything) / seconds:.0f}/s, {each:.1f} ms CPU each")
    for who, times in (("client", everything), ("server", served)):
        print(f"  {who}: p50 {_part(times, 50):.0f} ms, p95 {_part(times, 95):.0f} ms; wrong {len(opened.wrong)}")
    for route, times in sorted(opened.served.items(), key=lambda x: -_part(x[1], 95))[:SLOWEST]:
        mark = "" if _part(times, 95) <= GOAL_MS else "   above the goal"
        whole = _part(opened.times[route], 95)
        print(
            f"  {route:44} server p50 {_part(times, 50):6.0f} ms  p95 {_part(times, 95):6.0f} ms  "
            f"client p95 {whole:6.0f} ms  of {len(times)}{mark}"
        )
    for line in sorted(set(opened.wrong))[:SLOWEST]:
        print(f"  wrong: {line}")
    sys.stdout.flush()


def visits(site: CounterSite, *, name: str, seconds: float) -> None:
    """Visits a second, then sent twice to a server that is killed."""
    told = site.ask("tests.bench.counter_fill", "5000", "0")
    site.start()
    given: dict[str, Any] = {"cookie": told["cookie"], "session": told["session"], "token": TOKEN, "visitors": 40}
    try:
        before = site.cpu_seconds()
        sent = send_visits(site.port, told["firms"], seconds=seconds, twice=False, **given)
        cpu = (site.cpu_seconds() - before) / max(1, sent.sendings) * 1000
        print_visits(f"{name}", sent, seconds=seconds, more=f", {cpu:.1f} ms CPU each")
        killer = threading.Thread(target=kill_and_start, args=(site, 3, seconds / 5))
        killer.start()
        broken = send_visits(site.port, told["firms"], seconds=seconds, twice=True, **given)
        killer.join()
        print_visits(f"{name}, killed, twice", broken, seconds=seconds)
        held = site.ask("tests.bench.counter_held")
        known = {*sent.saved, *broken.saved}
        lost, doubled = known - set(held), len(held) - len(set(held))
        unknown = set(held) - known - {*sent.unheard, *broken.unheard}
        print(f"  held {len(held)}, known {len(known)}: lost {len(lost)}, doubled {doubled}, unknown {len(unknown)}")
    finally:
        site.kill()


def kill_and_start(site: CounterSite, times: int, every: float) -> None:
    """Kill the whole server and start it again, some times."""
    for _ in range(times):
        time.sleep(every)
        site.kill()
        site.start()


def print_visits(name: str, sent: Sent, *, seconds: float, more: str = "") -> None:
    """How many, how quick."""
    print(
        f"visits {name}: {len(sent.saved) / seconds:.0f}/s saved of {sent.sendings} sendings, {sent.again} known already, "
        f"unheard {len(sent.unheard)}, p50 {_part(sent.times, 50):.0f} ms, p95 {_part(sent.times, 95):.0f} ms{more}",
        flush=True,
    )


def _part(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100)[percent - 1] if len(times) > 1 else (times or [0.0])[0]


if __name__ == "__main__":
    main(sys.argv[1:])
