"""Clients of the benchmark of the counter: readers who open pages, visitors who send visits; each keeps a record of its own."""

import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

BEHIND: Final = 0.5  # seconds until a visitor whose connection broke tries again


@dataclass(slots=True)
class Opened:
    """Pages that were opened: milliseconds by route, of the client and of the site, and answers that say the site broke."""

    times: dict[str, list[float]] = field(default_factory=dict)
    served: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def read_pages(port: int, ways: list[tuple[str, str, str]], *, cookie: str, users: int, seconds: float, think: float) -> Opened:
    """So many users open pages (route, session, address) in random order, thinking `think` seconds on average in between."""
    opened, lock, until = Opened(), threading.Lock(), time.monotonic() + seconds

    def user(seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311 - a repeatable order, no secret
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        if think:
            time.sleep(dice.uniform(0, think))
        while time.monotonic() < until:
            route, session, address = dice.choice(ways)
            started = time.perf_counter()
            connection.request("GET", address, headers={"Cookie": f"{cookie}={session}", "Accept-Encoding": "br, gzip"})
            answer = connection.getresponse()
            answer.read()
            taken = (time.perf_counter() - started) * 1000
            served = float((answer.getheader("Server-Timing") or "dur=0").rpartition("=")[2])
            with lock:
                opened.times.setdefault(route, []).append(taken)
                opened.served.setdefault(route, []).append(served)
                if answer.status >= 500:
                    opened.wrong.append(f"{route} {address}: {answer.status}")
            if think:
                time.sleep(dice.expovariate(1 / think))

    _together(user, users)
    return opened


@dataclass(slots=True)
class Sent:
    """What the visitors know: ids that the site said were saved, ids of which they never heard, and how often they sent."""

    saved: list[str] = field(default_factory=list)
    unheard: list[str] = field(default_factory=list)
    sendings: int = 0
    again: int = 0
    times: list[float] = field(default_factory=list)


def send_visits(
    port: int, firms: list[int], *, cookie: str, session: str, token: str, visitors: int, seconds: float, twice: bool
) -> Sent:
    """So many visitors send visits one by one, each until the site has answered; `twice` sends each a second time."""
    told, lock, until = Sent(), threading.Lock(), time.monotonic() + seconds
    headers = {"Cookie": f"{cookie}={session}; csrftoken={token}", "X-CSRFToken": token, "Content-Type": "application/json"}

    def visitor(seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311
        line = _Line(port, headers)
        while time.monotonic() < until:
            visit = {
                "client_id": str(uuid4()), "firm": dice.choice(firms), "visited_at": datetime.now(UTC).isoformat(),
                "operating": "yes", "employees": dice.randrange(20), "need": dice.choice(["yes", "no", "later"]),
            }  # fmt: skip
            started = time.perf_counter()
            verdicts = [line.send(visit, until=until + 60) for _ in range(1 + twice)]
            with lock:
                told.times.append((time.perf_counter() - started) * 1000)
                told.sendings += 1 + twice
                told.again += sum(x == "already" for x in verdicts)
                ok = any(x in ("saved", "conflict", "already") for x in verdicts)
                (told.saved if ok else told.unheard).append(str(visit["client_id"]))

    _together(visitor, visitors)
    return told


class _Line:
    """A visitor's connection; it is opened again for as long as the site does not answer."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.port, self.headers = port, headers
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def send(self, visit: dict[str, Any], *, until: float) -> str:
        while time.monotonic() < until:
            try:
                self.connection.request("POST", "/visits/sync", body=json.dumps({"visits": [visit]}), headers=self.headers)
                answer = self.connection.getresponse()
                body = answer.read()
                if answer.status == 200:
                    return str(json.loads(body)["visits"][0]["verdict"])
            except (OSError, http.client.HTTPException):
                self.connection.close()
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            time.sleep(BEHIND)
        return "unheard"


def _together(work: Any, count: int) -> None:
    threads = [threading.Thread(target=work, args=(x,)) for x in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
