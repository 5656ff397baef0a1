"""What is true of synthetic firms (真值): the verdict by the rule, from facts and not from what registers say of them.

Each verdict is reached twice, from all evidence and from the evidence whose rows carry a usable key. Where the two agree, a
screening that links by key alone must reach the truth; where not, it depends on linking by name.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from huoshui.adapters.synthetic import words
from huoshui.adapters.synthetic.basis import NO_BOUND, Basis, ListName, days
from huoshui.adapters.synthetic.draws import Flags, Ints
from huoshui.adapters.synthetic.evidence import (
    LOAN_KINDS,
    NO_DAY,
    NONE,
    ROLES,
    Facts,
    Filings,
    Invoices,
    Listings,
    Loans,
    size_table,
)
from huoshui.adapters.synthetic.firms import Firms
from huoshui.terms import EntityKind, Reason, SizeClass, Tag

REASONS: Final = tuple(Reason)
TAGS: Final = tuple(Tag)
SIZES: Final = (
    SizeClass.UNKNOWN, SizeClass.MICRO, SizeClass.SMALL, SizeClass.MEDIUM, SizeClass.LARGE, SizeClass.NOT_APPLICABLE,
)  # fmt: skip
_CLOSED: Final = ("注销", "吊销", "迁出")
_SUSPENDED: Final = ("歇业",)
_OWNERS: Final = ("法定代表人", "经营者")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known of a batch of firms (一批主体的全部事实)."""

    firms: Firms
    facts: Facts
    is_abnormal: Flags
    filings: Filings
    loans: Loans
    listings: Listings
    invoices: Invoices
    basis: Basis


@dataclass(frozen=True, slots=True)
class Kept:
    """Which rows of evidence count (计入的记录): one flag a taxpayer, a loan, an entry."""

    taxpayers: Flags
    loans: Flags
    listings: Flags


@dataclass(frozen=True, slots=True)
class Truth:
    """The verdict on each firm (主体结论). `reasons` and `tags` have one bit a place in REASONS and TAGS."""

    reasons: Ints
    tags: Ints
    size: Ints
    is_active: Flags
    has_loan: Flags

    @property
    def is_listed(self) -> Flags:
        """Whether a firm is on the list (是否列入无贷户清单)."""
        blocking = _bits(*(x for x in REASONS if x.value[0] in "DREL"), Reason.LOAN_UNKNOWN)
        return np.asarray((self.reasons & blocking == 0) & (self.reasons & _bits(Reason.NO_LOAN) != 0))

    def agrees(self, other: "Truth") -> Flags:
        """Where two verdicts say the same (结论一致)."""
        return np.asarray(
            (self.reasons == other.reasons) & (self.tags == other.tags) & (self.size == other.size)
            & (self.is_active == other.is_active) & (self.has_loan == other.has_loan)
        )  # fmt: skip


def _bits(*reasons: Reason) -> int:
    return sum(1 << REASONS.index(x) for x in reasons)


def everything(evidence: Evidence) -> Kept:
    """All evidence (全部记录)."""
    return Kept(
        np.ones(len(evidence.filings.firm), bool), np.ones(len(evidence.loans.firm), bool),
        np.ones(len(evidence.listings.firm), bool),
    )  # fmt: skip


def judge(evidence: Evidence, *, kept: Kept) -> Truth:
    """The verdict on each firm from the evidence that is kept (按口径判定)."""
    firms, filings = evidence.firms, evidence.filings
    is_non_normal = np.zeros(len(firms), bool)
    is_non_normal[filings.firm] = filings.is_non_normal & kept.taxpayers & filings.is_filed.any(axis=1)
    is_active = _active(evidence, kept=kept, is_non_normal=is_non_normal)
    size = _size(evidence, kept=kept)
    has_loan = _borrowed(evidence, kept=kept)
    tags, is_excluded = _listed(evidence, kept=kept, is_non_normal=is_non_normal)
    status = [text or "" for text, _ in words.STATUSES]
    is_sized = firms.of_kind(EntityKind.ENTERPRISE)
    holds = {
        Reason.CLOSED: np.array([x.startswith(_CLOSED) for x in status])[evidence.facts.status],
        Reason.SUSPENDED: np.array([x.startswith(_SUSPENDED) for x in status])[evidence.facts.status],
        Reason.STATUS_UNKNOWN: np.array([not x for x in status])[evidence.facts.status],
        Reason.NON_TARGET: np.array([x not in words.SERVED for x in words.KINDS])[firms.kind],
        Reason.INACTIVE: ~is_active,
        Reason.TOO_LARGE: is_sized & (size >= SIZES.index(SizeClass.MEDIUM)) & (size <= SIZES.index(SizeClass.LARGE)),
        Reason.NOT_COVERED: is_sized & (size == SIZES.index(SizeClass.NOT_APPLICABLE)),
        Reason.SIZE_UNKNOWN: is_sized & (size == SIZES.index(SizeClass.UNKNOWN)),
        Reason.EXCLUDED: is_excluded,
        Reason.HAS_LOAN: has_loan,
        Reason.NO_LOAN: ~has_loan,
    }
    reasons = np.zeros(len(firms), np.int64)
    for reason, where in holds.items():
        reasons |= where.astype(np.int64) << REASONS.index(reason)
    return Truth(reasons, tags, size, is_active, has_loan)


def _active(evidence: Evidence, *, kept: Kept, is_non_normal: Flags) -> Flags:
    basis, filings, invoices = evidence.basis, evidence.filings, evidence.invoices
    in_window = np.array([basis.sales_since < end <= basis.on for _, end in basis.quarters])
    sold = (filings.is_filed & (filings.sales > 0) & in_window).any(axis=1) & kept.taxpayers
    active = (evidence.facts.report_year >= basis.due_report_year) & ~is_non_normal
    active[filings.firm[sold]] = True
    is_recent = (invoices.day > days(basis.invoices_since)) & (invoices.day <= days(basis.on))
    active[invoices.firm[invoices.is_sale & ~invoices.is_void & is_recent]] = True
    return np.asarray(active)


def _size(evidence: Evidence, *, kept: Kept) -> Ints:
    """Own annual figures first, then filings: sales of the last twelve months, employees and assets of the latest filing."""
    basis, facts, filings = evidence.basis, evidence.facts, evidence.filings
    filed = np.full(facts.figures.shape, NONE, np.int64)
    in_year = np.array([basis.year_since < end <= basis.on for _, end in basis.quarters])
    rows = np.flatnonzero(filings.is_filed.any(axis=1) & kept.taxpayers)
    latest = len(basis.quarters) - 1 - filings.is_filed[rows, ::-1].argmax(axis=1)
    counted = filings.is_filed[rows] & in_year
    sales = np.where(counted, filings.sales[rows], 0).sum(axis=1)
    filed[filings.firm[rows], 0] = filings.employees[rows, latest]
    filed[filings.firm[rows], 1] = np.where(counted.any(axis=1), sales, NONE)
    filed[filings.firm[rows], 2] = filings.assets[rows, latest]
    figures: Ints = np.where(facts.figures != NONE, facts.figures, filed)
    bounds = size_table(basis)[facts.industry]
    is_needed = np.asarray((bounds != NO_BOUND).any(axis=1))
    is_missing = (is_needed & (figures == NONE)).any(axis=1)
    reached = np.asarray((figures[:, None, :] >= bounds).all(axis=2))
    size = np.full(len(figures), SIZES.index(SizeClass.MICRO))
    for level, name in enumerate((SizeClass.SMALL, SizeClass.MEDIUM, SizeClass.LARGE)):
        size[reached[:, level]] = SIZES.index(name)
    size[is_missing] = SIZES.index(SizeClass.UNKNOWN)
    is_covered = np.array([basis.size_bounds[code] is not None for code in words.INDUSTRIES])
    size[~is_covered[facts.industry]] = SIZES.index(SizeClass.NOT_APPLICABLE)
    return size


def _borrowed(evidence: Evidence, *, kept: Kept) -> Flags:
    basis, firms, loans = evidence.basis, evidence.firms, evidence.loans
    is_counted = np.array([kind in basis.counted_loans for _, kind, _ in LOAN_KINDS])[loans.kind]
    is_owner = np.array([role in _OWNERS for role in ROLES])[loans.role]
    owner_counts = (firms.of_kind(EntityKind.SOLE_TRADER)[loans.firm] & basis.sole_trader_owner) | basis.owner_loans
    counts = is_counted & (~is_owner | owner_counts) & (loans.granted <= days(basis.on)) & kept.loans
    found = np.zeros(len(firms), bool)
    found[loans.firm[counts]] = True
    return found


def _listed(evidence: Evidence, *, kept: Kept, is_non_normal: Flags) -> tuple[Ints, Flags]:
    listings, on = evidence.listings, days(evidence.basis.on)
    is_kept = (listings.listed <= on) & kept.listings
    tags = evidence.is_abnormal.astype(np.int64) << TAGS.index(Tag.ABNORMAL)
    tags |= is_non_normal.astype(np.int64) << TAGS.index(Tag.TAX_NON_NORMAL)
    is_excluded = np.zeros(len(evidence.firms), bool)
    for place, name in enumerate(ListName):
        effect = evidence.basis.lists[name]
        holds = listings.expires > on
        if effect.open_since is None:
            holds |= listings.expires == NO_DAY
        else:
            holds |= (listings.expires == NO_DAY) & (listings.listed > days(effect.open_since))
        hit = listings.firm[holds & is_kept & (listings.name == place)]
        tags[hit] |= 1 << TAGS.index(effect.tag)
        is_excluded[hit] |= effect.excludes
    return tags, is_excluded
