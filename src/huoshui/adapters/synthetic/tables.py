"""The register tables of a batch of firms (登记表): rows as a register would hand them over.

Older records of the same firm come first in a batch and exact duplicates last, so that a reader meets both orders.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa

from huoshui.adapters.synthetic import columns, words
from huoshui.adapters.synthetic.basis import ListName, Noise, days
from huoshui.adapters.synthetic.draws import Draws, Flags, Ints
from huoshui.adapters.synthetic.evidence import LOAN_KINDS, NONE, ROLES
from huoshui.adapters.synthetic.noise import Writer, Written
from huoshui.adapters.synthetic.truth import Evidence

OLDER, REPEATED, SAME_DAY = 1_000, 300, 10_000
LETTERED: Final = 4_000
CAPITAL_FEN: Final = tuple(yuan * 100 for yuan in (
    20_000, 50_000, 100_000, 200_000, 300_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000,
))  # fmt: skip
_CAPITAL_WEIGHTS: Final = (8, 12, 18, 8, 8, 16, 14, 6, 6, 3, 1, 0)
_REASONS: Final = {
    ListName.DISHONEST: "有履行能力而拒不履行生效法律文书确定义务",
    ListName.ABNORMAL: "未按期公示年度报告",
    ListName.TAX: "逾期未申报且查无下落",
}
_SOURCE: Final = "合成数据"


@dataclass(frozen=True, slots=True)
class RegistryRows:
    """The rows of a registry table (登记表行): which firm, and whether an older record or a repeated one."""

    firm: Ints
    is_older: Flags
    is_repeated: Flags
    written: Written


def registry_rows(evidence: Evidence, *, writer: Writer) -> tuple[RegistryRows, Written]:
    """The rows in their order, and how the current record of each firm is written (登记行)."""
    number, draws = evidence.firms.number, writer.draws
    everyone = np.arange(len(number))
    current = writer.write("registry", firm=everyone, number=number, is_hard=False)
    older = np.flatnonzero(draws.happens(number, of="older record", per_100_000=OLDER))
    repeated = np.flatnonzero(draws.happens(number, of="repeated record", per_100_000=REPEATED))
    before = writer.write("older registry", firm=older, number=number[older], is_hard=False)
    firm = np.concatenate([older, everyone, repeated])
    part = np.repeat([0, 1, 2], [len(older), len(everyone), len(repeated)])
    written = Written(
        code=pa.concat_arrays([before.code, current.code, current.code.take(pa.array(repeated))]),
        name=pa.concat_arrays([before.name, current.name, current.name.take(pa.array(repeated))]),
        **{
            field: np.concatenate([getattr(before, field), getattr(current, field), getattr(current, field)[repeated]])
            for field in ("county", "is_usable", "code_noise", "name_noise", "hard_noise")
        },
    )
    return RegistryRows(firm, part == 0, part == 2, written), current


def ages(number: Ints, *, draws: Draws) -> Ints:
    """How old each firm is, in days (成立天数)."""
    return 200 + draws.below(number, of="age", count=9_000)


def registry(evidence: Evidence, *, rows: RegistryRows, writer: Writer) -> pa.Table:
    """The market-regulation registry (市场主体登记)."""
    draws, facts, firm = writer.draws, evidence.facts, rows.firm
    number, form = evidence.firms.number[firm], evidence.firms.form[firm]
    on = days(evidence.basis.on)
    updated = on - 1 - draws.below(number, of="updated", count=180)
    earlier = 30 + draws.below(number, of="earlier", count=900)
    earlier[draws.happens(number, of="updated the same day", per_100_000=SAME_DAY)] = 0
    capital = draws.chosen(number, of="capital", weights=_CAPITAL_WEIGHTS) + rows.is_older
    year = facts.report_year[firm] - (rows.is_older & (facts.report_year[firm] != NONE))
    lettered = draws.happens(number, of="section letter", per_100_000=LETTERED) * len(words.INDUSTRIES)
    codes = [*words.INDUSTRIES, *(words.with_section(code) for code in words.INDUSTRIES)]
    figures = facts.figures[firm]
    return pa.table({
        **_identity(rows.written, writer),
        "township": columns.words(words.TOWNSHIPS, place=draws.below(number, of="township", count=len(words.TOWNSHIPS))),
        "industry_code": columns.words(codes, place=facts.industry[firm] + lettered),
        "entity_type": columns.words(words.TYPES, place=_types()[form, draws.below(number, of="type", count=60)]),
        "status": columns.words([text for text, _ in words.STATUSES], place=facts.status[firm]),
        "established_on": columns.dates(on - ages(number, draws=draws)),
        "registered_capital_fen": columns.numbers(np.array(CAPITAL_FEN)[capital], kind=pa.int64()),
        "employees": columns.numbers(figures[:, 0], kind=pa.int32()),
        "revenue_fen": columns.numbers(figures[:, 1], kind=pa.int64()),
        "assets_fen": columns.numbers(figures[:, 2], kind=pa.int64()),
        "report_year": columns.numbers(year, kind=pa.int16()),
        "is_abnormal": columns.flags(
            evidence.is_abnormal[firm],
            known=evidence.is_abnormal[firm] | ~draws.happens(number, of="abnormal not known", per_100_000=5_000),
        ),
        "updated_on": columns.dates(updated - earlier * rows.is_older),
    })  # fmt: skip


def _types() -> Ints:
    """A form's texts of entity type, spread over sixty places."""
    return np.array([[words.TYPES.index(form.types[turn % len(form.types)]) for turn in range(60)] for form in words.FORMS])


def _identity(written: Written, writer: Writer) -> dict[str, pa.Array]:
    counties = [str(code) for code in writer.places.codes.tolist()]
    return {"uscc": written.code, "name": written.name, "region_code": columns.words(counties, place=written.county)}


def write_tax(evidence: Evidence, *, writer: Writer) -> Written:
    """How the tax register writes its taxpayers (纳税人写法)."""
    firm = evidence.filings.firm
    return writer.write("tax", firm=firm, number=evidence.firms.number[firm], is_tax=True)


def tax(evidence: Evidence, *, written: Written, writer: Writer) -> Iterator[tuple[Ints, pa.Table]]:
    """The tax filings, taxpayer by taxpayer, with the taxpayer of each row (纳税申报)."""
    filings, basis = evidence.filings, evidence.basis
    every_payer, every_quarter = np.nonzero(filings.is_filed)
    counties = [str(code) for code in writer.places.codes.tolist()]
    starts, ends = (np.array([days(x[side]) for x in basis.quarters]) for side in (0, 1))
    number = evidence.firms.number[filings.firm]
    for cut in columns.cuts(len(every_payer)):
        payer, quarter = every_payer[cut], every_quarter[cut]
        delay = 1 + writer.draws.below(number[payer] * 4 + quarter, of="filed on", count=20)
        yield payer, pa.table({
            "uscc": columns.runs(written.code, place=payer),
            "name": columns.runs(written.name, place=payer),
            "region_code": columns.words(counties, place=written.county[payer]),
            "period_start": columns.dates(starts[quarter]),
            "period_end": columns.dates(ends[quarter]),
            "sales_fen": pa.array(filings.sales[payer, quarter]),
            "tax_paid_fen": pa.array(filings.tax_paid[payer, quarter]),
            "employees": columns.numbers(filings.employees[payer, quarter], kind=pa.int32()),
            "assets_fen": pa.array(filings.assets[payer, quarter]),
            "tax_status": columns.words(["正常", "非正常"], place=filings.is_non_normal[payer].astype(np.int64)),
            "credit_grade": columns.words([grade for grade, _ in words.GRADES], place=filings.grade[payer]),
            "filed_on": columns.dates(np.minimum(ends[quarter] + delay, days(basis.on))),
        })  # fmt: skip


def write_loans(evidence: Evidence, *, writer: Writer) -> Written:
    """How lenders write their borrowers (借款人写法)."""
    loans = evidence.loans
    return writer.write("loans", firm=loans.firm, number=evidence.firms.number[loans.firm] * 4 + loans.turn)


def loans(evidence: Evidence, *, written: Written, writer: Writer) -> pa.Table:
    """The credit records (信贷记录)."""
    rows = evidence.loans
    number = evidence.firms.number[rows.firm] * 4 + rows.turn
    return pa.table({
        **_identity(written, writer),
        "lender": columns.words(words.LENDERS, place=writer.draws.below(number, of="lender", count=len(words.LENDERS))),
        "loan_kind": columns.words([text for text, _, _ in LOAN_KINDS], place=rows.kind),
        "borrower_role": columns.words(ROLES, place=rows.role),
        "granted_on": columns.dates(rows.granted),
        "settled_on": columns.dates(rows.settled),
        "amount_fen": pa.array(rows.amount),
        "balance_fen": pa.array(rows.balance),
    })  # fmt: skip


def write_exclusions(evidence: Evidence, *, writer: Writer) -> Written:
    """How lists write the firms on them (名单写法)."""
    rows = evidence.listings
    return writer.write("exclusions", firm=rows.firm, number=evidence.firms.number[rows.firm] * len(ListName) + rows.name)


def exclusions(evidence: Evidence, *, written: Written, writer: Writer) -> pa.Table:
    """The lists (排除名单)."""
    rows = evidence.listings
    return pa.table({
        **_identity(written, writer),
        "list_name": columns.words([x.zh for x in ListName], place=rows.name),
        "reason": columns.words([_REASONS[x] for x in ListName], place=rows.name),
        "source": columns.same(_SOURCE, count=len(rows.firm)),
        "listed_on": columns.dates(rows.listed),
        "expires_on": columns.dates(rows.expires),
    })  # fmt: skip


def invoices(evidence: Evidence, *, writer: Writer) -> pa.Table:
    """The invoices of firms that no tax register shows, written without noise (发票)."""
    rows, firms = evidence.invoices, evidence.firms
    plainly = replace(writer, noise=Noise.NONE)
    written = plainly.write("invoices", firm=rows.firm, number=rows.firm)
    other = np.maximum(rows.firm - 1 - rows.turn, 0)
    theirs = plainly.write("invoices", firm=other, number=other)
    tax_fen = rows.amount * 3 // 100
    numbers = [f"{x:012d}" for x in (firms.number[rows.firm] * 10 + rows.turn).tolist()]
    return pa.table({
        **_identity(written, writer),
        "invoice_no": pa.array(numbers, pa.string()),
        "invoiced_on": columns.dates(rows.day),
        "direction": columns.words(["purchase", "sale"], place=rows.is_sale.astype(np.int64)),
        "counterparty_id": theirs.code,
        "counterparty_name": theirs.name,
        "amount_fen": pa.array(rows.amount),
        "tax_fen": pa.array(tax_fen),
        "total_fen": pa.array(rows.amount + tax_fen),
        "invoice_state": columns.words(["有效", "作废"], place=rows.is_void.astype(np.int64)),
    })  # fmt: skip
