"""`huoshui uscc` as it is called."""

import io
import json
from pathlib import Path
from typing import Any, Final

import pytest

from huoshui.cli import main

LEGACY: Final = "91350100M0001TGQXM"
PERSON: Final = "360426199101010071"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    status = main(["uscc", *arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


def batch(capsys: pytest.CaptureFixture[str], path: Path, *lines: str) -> tuple[int, list[Any]]:
    path.write_text("".join(f"{x}\n" for x in lines), encoding="utf-8")
    status = main(["uscc", "--batch", str(path)])
    return status, [json.loads(x) for x in capsys.readouterr().out.splitlines()]


def test_a_legacy_code_of_fujian(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, LEGACY) == (0, {
        "verdict": "CHECKSUM_MISMATCH",
        "code": LEGACY,
        "organisation_check": True,
        "expected_check": "1",
        "region_code": "350100",
        "kind": "enterprise",
        "notes": ["the outer check fails; keep the code and ask for the licence (请核对营业执照)"],
    })  # fmt: skip


def test_the_wrong_form_has_no_region_and_no_kind(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys, "9111000060003IOZSV")
    wanted = ("verdict", "organisation_check", "expected_check", "region_code", "kind")
    assert (status, [found[x] for x in wanted]) == (0, ["INVALID_FORMAT", False, None, None, None])


def test_the_code_is_cleaned(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "９1350100m0001 tgqxm")[1]["code"] == LEGACY


def test_an_old_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "140000100028286", "--kind", "registration") == (0, {
        "verdict": "VALID", "number": "140000100028286", "expected_check": "6", "region_code": "140000", "notes": [],
    })  # fmt: skip


def test_a_person_is_shown_masked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, PERSON, "--kind", "resident-id") == (0, {
        "verdict": "VALID", "masked": "360426********0071", "region_code": "360426", "notes": [],
    })  # fmt: skip


@pytest.mark.parametrize("given", [PERSON, PERSON[:17], PERSON[:17] + "2", PERSON + "0"])
def test_no_text_about_a_person_holds_the_number(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["uscc", given, "--kind", "resident-id"]) == 0
    shown = capsys.readouterr()
    assert given not in shown.out + shown.err


def test_a_number_without_quotes_is_refused_without_repeating_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, found = batch(capsys, tmp_path / "b", f'{{"code": {PERSON}, "kind": "resident-id"}}')
    assert (status, found[0]["error"]["code"], found[0]["error"]["field"]) == (1, "bad_code", "code")
    assert PERSON not in json.dumps(found)


def test_a_batch_keeps_the_order_and_goes_on_after_a_bad_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, found = batch(
        capsys, tmp_path / "b",
        '{"code": "91100000100003962T"}', '{"code": ""}', "nonsense", '{"code": "91310000631295002H"}', "", '{"cod": "x"}',
        f'{{"code": "{PERSON}", "kind": "resident-id"}}', '{"code": null}', '{"code": "91350100m0001tgqxm"}', '["a"]',
        '{"code": "\\u30009110000010000 3962A"}', '{"code": "x", "kind": "y"}',
    )  # fmt: skip
    assert status == 1
    assert [x.get("verdict", x.get("error", {}).get("code")) for x in found] == [
        "VALID", "bad_code", "bad_request", "VALID", "bad_request", "bad_request", "VALID", "bad_request", "CHECKSUM_MISMATCH",
        "bad_request", "CHECKSUM_MISMATCH", "bad_choice",
    ]  # fmt: skip
    assert [found[x]["organisation_check"] for x in (0, 3, 8, 10)] == [True, False, True, True]


def test_a_line_of_a_batch_says_what_a_single_call_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codes = ["91100000100003962T", "91310000631295002H", LEGACY, LEGACY.lower(), "9111000060003IOZSV", "140000100028286", " N"]
    status, found = batch(capsys, tmp_path / "b", *(json.dumps({"code": x}) for x in codes))
    assert (status, found) == (0, [run(capsys, x)[1] for x in codes])


def test_a_batch_comes_from_standard_input_and_may_begin_with_a_mark(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.BytesIO(b'\xef\xbb\xbf{"code": "91100000100003962T"}\r\n{"code": "N"}')
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(stream))
    assert main(["uscc", "--batch", "-"]) == 0
    assert [json.loads(x)["verdict"] for x in capsys.readouterr().out.splitlines()] == ["VALID", "INVALID_FORMAT"]


def test_a_batch_longer_than_one_read_is_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [json.dumps({"code": f"{n:018}"}) for n in range(60_000)]
    status, found = batch(capsys, tmp_path / "b", *lines)
    assert (status, [x["code"] for x in found]) == (0, [f"{n:018}" for n in range(60_000)])


def test_people_read_the_verdict_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["uscc", LEGACY]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "代码            91350100M0001TGQXM",
        "结论            校验码不符 CHECKSUM_MISMATCH",
        "主体标识码校验  通过",
        "应有校验码      1",
        "行政区划代码    350100",
        "主体类别        企业",
        "提示：the outer check fails; keep the code and ask for the licence (请核对营业执照)",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        ((), "bad_request", "code"),
        (("  ",), "bad_code", "code"),
        (("x", "--kind", "passport"), "bad_choice", "kind"),
        (("--batch", "/nowhere/at/all"), "bad_file", "batch"),
        (("x", "--batch", "y"), "bad_request", None),
        (("--batch", ""), "bad_file", "batch"),
    ],
)
def test_wrong_input_is_refused_with_a_sentence(
    arguments: tuple[str, ...], code: str, field: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = run(capsys, *arguments)
    assert (status, found["error"]["code"], found["error"].get("field")) == (2, code, field)
    assert found.keys() == {"error"}
