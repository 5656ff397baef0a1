"""The five criteria: three values, evidence that ends, and never a recommendation on what nobody knows."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui import policy
from huoshui.errors import BadPolicyFile
from huoshui.rules.calendar import add_months
from huoshui.rules.five_criteria import (
    Criteria,
    Fact,
    Judgement,
    KnockOutRow,
    Listing,
    Subject,
    Validity,
    VisitFacts,
    judge_criteria,
    together,
)
from huoshui.terms import (
    Caution,
    Check,
    Criterion,
    DemandPurpose,
    EntityKind,
    EvidenceSource,
    Need,
    Premises,
    SizeClass,
    StatusClass,
    Tristate,
    VisitMode,
    YesNo,
)

ON: Final = date(2026, 11, 25)
MET, NOT_MET, NOT_KNOWN = Tristate.MET, Tristate.NOT_MET, Tristate.NOT_KNOWN
VALIDITY: Final = Validity(
    dict.fromkeys(EvidenceSource, 6), frozenset({Check.OVERDUE, Check.OVERDUE_CONTROLLER, Check.DISHONEST_CONTROLLER})
)
GOOD: Final = Subject(
    register_on=ON,
    lists_on=ON,
    tax_on=ON,
    established_on=date(2020, 1, 1),
    status=StatusClass.OPERATING,
    kind=EntityKind.ENTERPRISE,
    size=SizeClass.MICRO,
    visits=(VisitFacts(ON, VisitMode.ONSITE, YesNo.YES, Premises.RENTED, Need.YES, 50_000_00),),
    amount_fen=50_000_00,
    months=12,
    purpose=DemandPurpose.STOCK,
    plan="进货",
    demand_on=ON,
    confirmed_on=ON,
    states_clean=True,
    stated_on=ON,
)


def criteria(region: str = "000000", **given: Any) -> Criteria:
    return replace(policy.bind(policy.read("five_criteria", region=region, on=ON), Criteria), **given)


def judged(*, on: date = ON, region: str = "000000", **given: Any) -> Judgement:
    return judge_criteria(replace(GOOD, **given), criteria=criteria(region), validity=VALIDITY, on=on)


def verdicts(found: Judgement) -> dict[Criterion, Tristate]:
    return {x.criterion: x.verdict for x in found.marks if x.verdict is not MET}


def test_a_firm_for_which_everything_speaks_meets_all_five() -> None:
    found = judged()
    assert (found.verdict, verdicts(found), found.cautions) == (MET, {}, ())
    assert [x.criterion for x in found.marks] == list(Criterion)


@pytest.mark.parametrize(
    ("given", "criterion", "verdict"),
    [
        ({"status": StatusClass.SUSPENDED}, Criterion.LAWFUL_OPERATION, NOT_MET),
        ({"established_on": None}, Criterion.LAWFUL_OPERATION, NOT_KNOWN),
        ({"established_on": date(2025, 11, 26)}, Criterion.LAWFUL_OPERATION, NOT_MET),
        ({"established_on": date(2025, 11, 25)}, Criterion.LAWFUL_OPERATION, MET),
        ({"visits": ()}, Criterion.FIXED_PREMISES, NOT_KNOWN),
        ({"purpose": DemandPurpose.SECURITIES}, Criterion.LAWFUL_PURPOSE, NOT_MET),
        ({"purpose": DemandPurpose.PRIVATE_DEBT}, Criterion.LAWFUL_PURPOSE, NOT_MET),
        ({"plan": " "}, Criterion.LAWFUL_PURPOSE, NOT_KNOWN),
        ({"amount_fen": None}, Criterion.REAL_NEED, NOT_MET),
        ({"confirmed_on": None}, Criterion.REAL_NEED, NOT_KNOWN),
        ({"states_clean": None}, Criterion.GOOD_CREDIT, NOT_KNOWN),
        ({"states_clean": False}, Criterion.GOOD_CREDIT, NOT_MET),
        ({"lists_on": None}, Criterion.GOOD_CREDIT, NOT_KNOWN),
        ({"lists_on": None}, Criterion.EXCLUSION, NOT_KNOWN),
        ({"tax_on": None}, Criterion.LAWFUL_OPERATION, NOT_KNOWN),
        ({"tax_on": None}, Criterion.GOOD_CREDIT, NOT_KNOWN),
        ({"size": SizeClass.MEDIUM}, Criterion.TARGET, NOT_MET),
        ({"size": SizeClass.UNKNOWN}, Criterion.TARGET, NOT_KNOWN),
        ({"size": SizeClass.LARGE}, Criterion.TARGET, NOT_MET),
        ({"kind": EntityKind.SOLE_TRADER, "size": None}, Criterion.TARGET, MET),
    ],
)
def test_each_criterion_has_three_values(given: dict[str, Any], criterion: Criterion, verdict: Tristate) -> None:
    found = judged(**given)
    assert verdicts(found).get(criterion, MET) is verdict


def test_six_months_are_enough_in_zhanjiang_and_twelve_are_asked_elsewhere() -> None:
    young = date(2026, 5, 25)
    assert judged(established_on=young, region="440800").verdict is MET
    assert judged(established_on=young).verdict is NOT_MET


def test_a_county_that_serves_medium_firms_says_so_by_policy() -> None:
    assert judged(size=SizeClass.MEDIUM, region="421221").verdict is MET


@pytest.mark.parametrize(
    ("premises", "mode", "verdict"),
    [
        (Premises.OWNED, VisitMode.ONSITE, MET),
        (Premises.NETWORK, VisitMode.ONSITE, MET),
        (Premises.NONE, VisitMode.ONSITE, NOT_MET),
        (Premises.HOME, VisitMode.ONSITE, NOT_KNOWN),
        (Premises.OWNED, VisitMode.PHONE, NOT_KNOWN),
    ],
)
def test_premises_are_seen_not_heard(premises: Premises, mode: VisitMode, verdict: Tristate) -> None:
    found = judged(visits=(VisitFacts(ON, mode, YesNo.YES, premises, Need.YES),))
    assert verdicts(found).get(Criterion.FIXED_PREMISES, MET) is verdict


def test_a_shop_on_a_platform_is_no_premises_where_the_policy_does_not_say_so() -> None:
    visit = VisitFacts(ON, VisitMode.ONSITE, YesNo.YES, Premises.NETWORK, Need.YES)
    subject = replace(GOOD, visits=(visit,))
    found = judge_criteria(subject, criteria=criteria(network_premises=False), validity=VALIDITY, on=ON)
    assert verdicts(found) == {Criterion.FIXED_PREMISES: NOT_MET}


def test_all_that_fails_is_told_not_only_the_first() -> None:
    listings = (
        Listing("dishonest_debtor", excludes=False, listed_on=ON),
        Listing("tax_non_normal", excludes=False, listed_on=ON),
    )
    found = judged(listings=listings, states_clean=False)
    credit = next(x for x in found.marks if x.criterion is Criterion.GOOD_CREDIT)
    assert {x.check for x in credit.findings if x.verdict is NOT_MET} == {
        Check.DISHONEST_DEBTOR, Check.TAX_NON_NORMAL, Check.OVERDUE, Check.OVERDUE_CONTROLLER, Check.DISHONEST_CONTROLLER,
    }  # fmt: skip


def test_a_list_excludes_only_where_the_policy_says_so_and_warns_otherwise() -> None:
    warned = judged(listings=(Listing("negative_list", excludes=False, listed_on=ON),))
    barred = judged(listings=(Listing("negative_list", excludes=True, listed_on=ON),))
    assert (warned.verdict, warned.cautions) == (MET, (Caution.LISTED,))
    assert verdicts(barred) == {Criterion.EXCLUSION: NOT_MET}


def test_an_entry_that_has_ended_says_nothing() -> None:
    ended = Listing("dishonest_debtor", excludes=True, listed_on=date(2025, 1, 1), until_on=ON - timedelta(days=1))
    assert judged(listings=(ended,)).verdict is MET


def test_more_than_the_need_of_the_visit_is_a_warning_and_no_refusal() -> None:
    found = judged(amount_fen=50_000_01, has_duplicate=True)
    assert (found.verdict, found.cautions) == (MET, (Caution.ABOVE_NEED, Caution.DUPLICATE))


def test_a_finding_of_an_officer_settles_what_the_register_said_before() -> None:
    listed = Listing("dishonest_debtor", excludes=False, listed_on=ON)
    found = Fact(Check.DISHONEST_DEBTOR, MET, EvidenceSource.OFFICER, ON)
    assert judged(listings=(listed,), found=(found,)).verdict is MET
    assert judged(listings=(listed,), found=(replace(found, found_on=ON - timedelta(days=1)),)).verdict is NOT_MET


@given(st.integers(0, 400))
def test_evidence_is_not_known_after_its_last_day(days: int) -> None:
    seen = ON - timedelta(days=days)
    found = judged(visits=(VisitFacts(seen, VisitMode.ONSITE, YesNo.YES, Premises.OWNED, Need.YES),))
    premises = next(x for x in found.marks if x.criterion is Criterion.FIXED_PREMISES).findings[0]
    holds = add_months(seen, months=6) >= ON
    assert (premises.verdict, premises.expired) == (MET if holds else NOT_KNOWN, not holds)


def test_an_older_fact_does_not_come_back_when_a_newer_one_that_said_otherwise_ends() -> None:
    facts = (
        Fact(Check.PREMISES, MET, EvidenceSource.VISIT, date(2026, 6, 1)),
        Fact(Check.PREMISES, NOT_MET, EvidenceSource.OFFICER, date(2026, 7, 1)),
    )
    validity = replace(VALIDITY, months={**VALIDITY.months, EvidenceSource.OFFICER: 1})
    found = judge_criteria(replace(GOOD, visits=(), found=facts), criteria=criteria(), validity=validity, on=ON)
    assert verdicts(found)[Criterion.FIXED_PREMISES] is NOT_KNOWN


def test_a_fact_of_a_day_to_come_says_nothing_yet() -> None:
    tomorrow = Fact(Check.PREMISES, NOT_MET, EvidenceSource.OFFICER, ON + timedelta(days=1))
    assert judged(found=(tomorrow,)).verdict is MET


facts = st.builds(
    Fact,
    check=st.sampled_from(Check),
    verdict=st.sampled_from(Tristate),
    source=st.sampled_from(EvidenceSource),
    found_on=st.dates(ON - timedelta(days=500), ON + timedelta(days=30)),
)


@given(st.lists(facts, max_size=12))
def test_the_whole_is_met_only_where_every_check_is_and_the_order_of_facts_does_not_matter(found: list[Fact]) -> None:
    one, other = judged(found=tuple(found)), judged(found=tuple(reversed(found)))
    assert {x.criterion: x.verdict for x in one.marks} == {x.criterion: x.verdict for x in other.marks}
    every = [x.verdict for mark in one.marks for x in mark.findings]
    assert one.verdict is together(every)
    assert (one.verdict is MET) == all(x is MET for x in every)


@given(st.lists(st.sampled_from(Tristate)))
def test_not_known_is_never_met(given: list[Tristate]) -> None:
    assert (together(given) is MET) == (set(given) <= {MET})
    assert (together(given) is NOT_MET) == (NOT_MET in given)


def test_a_knock_out_that_nobody_can_check_is_refused() -> None:
    with pytest.raises(BadPolicyFile, match="credit_score of the firm"):
        judge_criteria(GOOD, criteria=criteria(knock_outs=(KnockOutRow("credit_score", ("firm",)),)), validity=VALIDITY, on=ON)
