"""Interest subsidies by the policy in force, against worked examples."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from huoshui.cli.subsidy import CALCULATOR
from huoshui.errors import BadChoice, UnknownRegion
from huoshui.rules.subsidy import SubsidyLoan
from huoshui.services.subsidy import find_basis, reckon_subsidy
from huoshui.terms import AfterOverdue, DayCount

CASES: Final = yaml.safe_load((Path(__file__).parents[1] / "cases" / "subsidy.yaml").read_text(encoding="utf-8"))
LOAN: Final = SubsidyLoan(100_000_000, Decimal("0.04"), date(2025, 4, 1), date(2025, 4, 1), date(2026, 4, 1))


def answer(given: dict[str, Any]) -> dict[str, Any]:
    raw = {name: value.isoformat() if isinstance(value, date) else value for name, value in given.items()}
    found = dict(CALCULATOR.calculate(CALCULATOR.read(raw)))
    codes = [x["code"] for x in found["reasons"]]
    return {**found, "reasons": codes, "limits_hit": list(found["limits_hit"]), "rate": str(found["rate"])}


@pytest.mark.parametrize("case", CASES, ids=lambda x: x["name"])
def test_the_worked_example_comes_out(case: dict[str, Any]) -> None:
    found = answer(case["given"])
    assert {key: found[key] for key in case["expect"]} == case["expect"]


def test_an_unknown_programme_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadChoice) as refused:
        reckon_subsidy(LOAN, programme="rain")
    assert refused.value.message == (
        "no programme is called 'rain'; expected one of service_2025, service_2026, sme_2026, consumer_2025, equipment_2024, "
        "startup_guarantee_personal, startup_guarantee_firm"
    )


@pytest.mark.parametrize("name", ["day_count", "after_overdue"])
def test_a_general_setting_is_no_programme(name: str) -> None:
    with pytest.raises(BadChoice):
        reckon_subsidy(LOAN, programme=name)


def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(UnknownRegion):
        reckon_subsidy(LOAN, programme="service_2025", region="990000")


def test_the_answer_cites_the_programme_and_what_is_not_confirmed() -> None:
    cited = reckon_subsidy(LOAN, programme="service_2025").basis.citations
    assert [(x.field, x.since, x.unconfirmed) for x in cited] == [
        ("service_2025", date(2025, 3, 16), False),
        ("day_count", date(2000, 1, 1), True),
        ("after_overdue", date(2000, 1, 1), True),
    ]  # fmt: skip


def test_a_stated_day_count_is_not_blamed_on_the_policy() -> None:
    basis = reckon_subsidy(LOAN, programme="service_2025", day_count=DayCount.ACT_360).basis
    assert basis.reckoning.day_count is DayCount.ACT_360
    assert [x.field for x in basis.citations] == ["service_2025", "after_overdue"]


def test_a_subsidy_that_hangs_on_the_lpr_cites_it() -> None:
    cited = reckon_subsidy(LOAN, programme="startup_guarantee_firm").basis.citations
    assert (cited[-1].policy, cited[-1].field, cited[-1].since) == ("lpr", "one_year", date(2025, 3, 20))


def test_the_city_s_own_rule_wins_over_the_nation_s() -> None:
    shares = {
        region: find_basis("startup_guarantee_firm", region=region, days=(LOAN.signed_on,)).programme.contract_share
        for region in ("000000", "440000", "440300", "440305")
    }
    assert shares == {"000000": None, "440000": None, "440300": Decimal("0.50"), "440305": Decimal("0.50")}


def test_a_region_can_let_a_subsidy_resume_after_an_overdue_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "350000"
    folder.mkdir()
    (folder / "interest_subsidy.yaml").write_text(
        "after_overdue: {zh: 逾期之后, checked_on: 2026-11-24, values: {2025-01-01: {value: resume, source: 地方规定}}}",
        encoding="utf-8",
    )
    monkeypatch.setenv("HUOSHUI_POLICY_PATH", str(tmp_path))
    given = {
        "programme": "service_2025", "principal": 1_000_000, "contract-rate": "0.04", "signed": date(2025, 4, 1),
        "paid-out": date(2025, 4, 1), "until": date(2026, 4, 1), "overdue": ["2025-10-01..2025-10-11"],
    }  # fmt: skip
    resumed, stopped = (answer({**given, "region": region}) for region in ("350203", "330000"))
    assert find_basis("service_2025", region="350203", days=(LOAN.signed_on,)).reckoning.after_overdue is AfterOverdue.RESUME
    assert (resumed["days"], resumed["limits_hit"], stopped["days"]) == (355, ["overdue"], 183)
