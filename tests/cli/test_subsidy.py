"""`huoshui subsidy` as it is called."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from huoshui.cli import main

GIVEN: Final = {
    "programme": "service_2025", "principal": "1000000", "contract-rate": "0.0400", "signed": "2025-04-01",
    "paid-out": "2025-04-01", "until": "2026-04-01",
}  # fmt: skip
OVERDUE_SOURCE: Final = "逾期和不良贷款不予贴息（财金〔2026〕5号等）；归还逾期后是否恢复未见规定，从严"


def arguments(**changed: str | None) -> list[str]:
    given = {**GIVEN, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return ["subsidy", *(x for name, value in given.items() if value is not None for x in (f"--{name}", value))]


def run(capsys: pytest.CaptureFixture[str], *more: str, **changed: str | None) -> tuple[int, Any]:
    status = main([*arguments(**changed), *more, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_the_issue_s_own_example_comes_out(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys)
    wanted = ("subsidy_fen", "central_fen", "provincial_fen", "days", "limits_hit", "eligible", "day_count", "rate")
    assert (status, [found[x] for x in wanted]) == (0, [1000000, 900000, 100000, 365, [], True, "act/365", "0.01"])
    assert found["citation"] == {
        "policy": "interest_subsidy", "field": "service_2025", "region": "000000", "since": "2025-03-16",
        "source": "财金〔2025〕81号；财政部答记者问（单户最高一万元）", "unconfirmed": False,
    }  # fmt: skip


def test_a_reason_has_a_code_and_a_sentence_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    _, found = run(capsys, signed="2025-03-15")
    assert found["reasons"] == [
        {
            "code": "signed_outside_window",
            "zh": "合同签订日不在政策期内（2025-03-15, 2025-03-16..2025-12-31）",
            "en": "the contract was not signed in the programme's period (2025-03-15, 2025-03-16..2025-12-31)",
        }
    ]


def test_repayments_and_overdue_times_may_be_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    repaid = ("--repayment", "400000@2025-05-01", "--repayment", "600000@2025-10-01")
    assert run(capsys, *repaid)[1]["end_on"] == "2025-10-01"
    overdue = ("--overdue", "2025-11-01..2025-11-05", "--overdue", "2025-09-01..")
    assert run(capsys, *overdue)[1]["end_on"] == "2025-09-01"


def test_people_read_the_amounts_the_limits_and_the_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(principal="1500000")) == 0
    assert capsys.readouterr().out.splitlines() == [
        "服务业经营主体贷款贴息（2025） (service_2025)",
        "  符合贴息条件（2025-04-01..2026-04-01）",
        "贴息 10,000.00 元：中央 9,000.00 元，地方 1,000.00 元",
        "天数 365，贴息率 1.0000%，act/365",
        "限制：超出可贴息本金上限",
        "依据：service_2025，000000，自 2025-03-16，财金〔2025〕81号；财政部答记者问（单户最高一万元）",
        "依据：day_count，000000，自 2000-01-01，各项贴息文件未见天数基础；按实际天数/365与官方最高额一致（未核实）",
        f"依据：after_overdue，000000，自 2000-01-01，{OVERDUE_SOURCE}（未核实）",
    ]


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"programme": "rain"}, "bad_choice", "programme"),
        ({"principal": "1.001"}, "bad_amount", "principal"),
        ({"principal": "0"}, "bad_amount", "principal"),
        ({"contract_rate": "4%"}, "bad_rate", "contract-rate"),
        ({"signed": "2025-02-30"}, "bad_date", "signed"),
        ({"until": None}, "bad_request", "until"),
        ({"until": "2024-04-01"}, "bad_request", "until"),
        ({"day_count": "30/360"}, "bad_choice", "day-count"),
        ({"repayment": "400000"}, "bad_request", "repayment"),
        ({"overdue": "2025-04-01"}, "bad_request", "overdue"),
        ({"other_subsidy_central": "perhaps"}, "bad_choice", "other-subsidy-central"),
        ({"region": "35"}, "unknown_region", "region"),
        ({"use": "yacht"}, "bad_choice", "use"),
    ],
)
def test_wrong_input_is_the_only_thing_said(
    changed: dict[str, str | None], code: str, field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = run(capsys, **changed)
    assert (status, list(found), found["error"]["code"], found["error"]["field"]) == (2, ["error"], code, field)


def test_a_batch_answers_line_by_line_and_goes_on_after_a_bad_one(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    repaid = {**GIVEN, "repayment": ["400000@2025-10-01"], "other-subsidy-central": False}
    lines = [GIVEN, {**GIVEN, "programme": "rain"}, repaid]
    path = tmp_path / "loans.jsonl"
    path.write_text("\n".join(json.dumps(x) for x in lines), encoding="utf-8")
    status = main(["subsidy", "--batch", str(path)])
    found = [json.loads(x) for x in capfd.readouterr().out.splitlines()]
    assert status == 1
    assert [x.get("subsidy_fen") for x in found] == [1000000, None, 800548]
    assert found[1]["error"]["code"] == "bad_choice"
