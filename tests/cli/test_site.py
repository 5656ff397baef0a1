"""The commands of the site, as processes of their own: serve, worker, events, doctor, operator, check --deploy."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest


def environment(folder: Path, **given: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HUOSHUI_") and k != "DJANGO_SETTINGS_MODULE"}
    return kept | {"HUOSHUI_DATA": str(folder)} | given


def huoshui(folder: Path, *arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "huoshui", *arguments]
    return subprocess.run(command, env=environment(folder, **given), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = huoshui(folder, "serve", "--no-stay")
    assert done.returncode == 0, done.stderr
    return folder


def test_the_site_starts_serves_with_a_living_worker_and_stops_both(site: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = [sys.executable, "-m", "huoshui", "serve", "--port", str(port), "--workers", "1"]
    running = subprocess.Popen(command, env=environment(site), stdout=subprocess.PIPE, text=True)
    try:
        health = {}
        for _ in range(300):
            time.sleep(0.2)
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
                    health = json.load(answer)
            except OSError:
                continue
            if health["worker"]:
                break
        assert health == {"status": "ok", "database": True, "worker": True}
    finally:
        running.send_signal(signal.SIGINT)
        printed, _ = running.communicate(timeout=60)
    assert f"== site: http://127.0.0.1:{port}" in printed
    assert "== site: stopped" in printed


def test_a_worker_ends_when_its_server_was_killed(site: Path) -> None:
    start = (
        "import os, subprocess as s, sys; told = [sys.executable, '-m', 'huoshui', 'worker', '--beside', str(os.getpid())]; "
        "print(s.Popen(told, stdout=s.DEVNULL, stderr=s.DEVNULL, start_new_session=True).pid)"
    )
    done = subprocess.run([sys.executable, "-c", start], env=environment(site), capture_output=True, text=True, check=True)
    worker = Path(f"/proc/{done.stdout.strip()}")
    for _ in range(300):
        if not worker.exists() or worker.joinpath("stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.1)
    raise AssertionError("the worker lives on")


def test_a_port_in_use_is_one_sentence(site: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = huoshui(site, "serve", "--port", str(server.getsockname()[1]))
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)


def test_the_first_operator_is_founded_and_the_log_verified_kept_and_compared(site: Path, tmp_path: Path) -> None:
    founded = huoshui(site, "operator", "--login", "ops", "--name", "王运维")
    assert "/invitation/" in founded.stdout, founded.stderr
    assert huoshui(site, "operator", "--login", "ops2", "--name", "李运维").returncode == 1
    ends = tmp_path / "ends.json"
    assert "every chain holds" in huoshui(site, "events", "verify", "--keep", str(ends)).stdout
    told = json.loads(ends.read_text(encoding="utf-8"))
    assert [x["sequence"] for x in told] == [1]
    told[0]["hash"] = "0" * 64
    ends.write_text(json.dumps(told), encoding="utf-8")
    found = huoshui(site, "events", "verify", "--against", str(ends), "--json")
    assert found.returncode == 1
    assert [x["sequence"] for x in json.loads(found.stdout)["faults"]] == [1]
    ends.write_text("{}", encoding="utf-8")
    assert huoshui(site, "events", "verify", "--against", str(ends)).returncode in (0, 2)


def test_a_command_before_the_tables_are_there_is_one_sentence(tmp_path: Path) -> None:
    done = huoshui(tmp_path, "events", "verify")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "huoshui manage migrate" in done.stderr


def test_doctor_tells_people_and_programs_the_same(site: Path) -> None:
    for_people, for_programs = huoshui(site, "doctor"), huoshui(site, "doctor", "--json")
    told = json.loads(for_programs.stdout)
    assert for_people.returncode == for_programs.returncode == (0 if told["ready"] else 1)
    assert [x["name"] for x in told["findings"] if x["name"] not in for_people.stdout] == []


def test_djangos_own_check_finds_nothing_under_the_settings_of_production(site: Path) -> None:
    given = {"HUOSHUI_ADDRESS": "https://huoshui.example", "HUOSHUI_HOSTS": "huoshui.example"}
    done = huoshui(site, "manage", "check", "--deploy", "--fail-level", "WARNING", **given)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_a_worker_works_off_what_is_due_and_leaves(site: Path) -> None:
    assert huoshui(site, "worker", "--once").returncode == 0


def test_what_a_page_needs_pulls_in_nothing_heavy(site: Path) -> None:
    heavy = ("pandas", "pyarrow", "duckdb", "ibis", "rapidocr", "typst", "numpy")
    program = (
        "import sys, django; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns\n"
        f"print([x for x in {heavy!r} if x in sys.modules])"
    )
    given = environment(site, DJANGO_SETTINGS_MODULE="huoshui.site.settings")
    done = subprocess.run([sys.executable, "-c", program], env=given, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
