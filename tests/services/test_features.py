"""Registers in, features out: one row a firm, equal to the readers of one firm, and a clear value for every odd register."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huoshui.adapters.features import buckets
from huoshui.adapters.registers import parts
from huoshui.adapters.registers.fields import schema_of
from huoshui.errors import BadFile, BadRequest, OutputError
from huoshui.rules.features import features_of
from huoshui.rules.features_catalog import CATALOG
from huoshui.rules.features_invoices import COUNTED, Invoice, fold_invoices
from huoshui.services.features import folding
from huoshui.services.features.one_firm import features_of_firm
from huoshui.services.features.request import FeatureRequest
from huoshui.services.features.run import make_features
from huoshui.terms import RegisterKind

ON: Final = date(2020, 2, 15)
CODES: Final = ("91350211M0000XUF4R", "91350211M0000XUG2L", "91350211M0000XUH0F")
Rows = Sequence[Mapping[str, Any]]


def write(folder: Path, kind: RegisterKind, rows: Rows, *, name: str | None = None) -> Path:
    """A standard register of some rows."""
    schema = schema_of(kind)
    table = pa.Table.from_pylist([{"row_id": i, **x} for i, x in enumerate(rows)], schema=schema)
    path = folder / f"{name or kind.value}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=50)
    return path


def sale(firm: str, day: date | None, yuan: float | None, *, number: str | None = "1", **more: Any) -> dict[str, Any]:
    fen = None if yuan is None else round(yuan * 100)
    own = {"uscc": firm} if firm in CODES else {"register_no": firm, "register_scheme": "mine"}
    return {
        **own,
        "invoice_no": number,
        "invoiced_on": day,
        "direction": "sale",
        "amount_fen": fen,
        "counterparty_id": "a",
        **more,
    }


def made(tmp_path: Path, registers: Mapping[RegisterKind, Rows], **options: Any) -> list[dict[str, Any]]:
    paths = {kind: [write(tmp_path / "in", kind, rows)] for kind, rows in registers.items()}
    make_features(FeatureRequest(paths, ON, tmp_path / "out.parquet", **options), progress=lambda _: None)
    found: list[dict[str, Any]] = pq.read_table(tmp_path / "out.parquet").to_pylist()
    return found


def some_invoices(firms: int, rows: int) -> list[dict[str, Any]]:
    chance = Random(5)  # noqa: S311 -- test data
    found = []
    for _ in range(rows):
        day = ON - timedelta(days=chance.randint(-20, 1300))
        found.append(
            sale(
                f"F{chance.randrange(firms)}", chance.choice([day, day, day, None]), chance.randint(-500, 3000),
                number=chance.choice([None, "1", "2"]), direction=chance.choice(["sale", "purchase", "进项"]),
                invoice_state=chance.choice(["有效发票", " 作废发票", None]), tax_fen=chance.choice([None, 5]),
                counterparty_id=chance.choice(["a", "b", " A ", None]), counterparty_name=chance.choice(["甲公司", None]),
            )
        )  # fmt: skip
    return found


def test_a_register_gives_one_row_a_firm_in_order_of_appearance_equal_to_the_reader_of_one(tmp_path: Path) -> None:
    rows = some_invoices(9, 400)
    found = made(tmp_path, {RegisterKind.INVOICES: rows})
    assert [x["firm_id"] for x in found] == list(dict.fromkeys(x["register_no"] for x in rows))
    paths = {RegisterKind.INVOICES: [tmp_path / "in" / "invoices.parquet"]}
    assert [features_of_firm(x["firm_id"], registers=paths, on=ON) for x in found] == found


def test_the_plain_reader_gives_the_same_row(tmp_path: Path) -> None:
    rows = [
        sale("F1", ON - timedelta(days=31 * i + 20), 100 * i + 7, number=str(i % 30), counterparty_id=f"p{i % 4}")
        for i in range(40)
    ]
    (found,) = made(tmp_path, {RegisterKind.INVOICES: rows})
    facts = fold_invoices(
        (Invoice(False, x["invoiced_on"], x["amount_fen"], number=x["invoice_no"], party=x["counterparty_id"]) for x in rows),
        on=ON,
        shared=(),
    )
    assert {x.name: found[x.name] for x in CATALOG} == features_of(facts, catalog=CATALOG)
    assert {x: found[x] for x in COUNTED} == {x: facts[x] for x in COUNTED}


@pytest.mark.parametrize(("in_memory", "in_bucket"), [(100, 10**9), (100, 40), (100, 1)])
def test_rows_that_wait_on_disk_give_the_same_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: int, in_bucket: int
) -> None:
    rows = some_invoices(8, 1500)
    expected = made(tmp_path / "a", {RegisterKind.INVOICES: rows})
    monkeypatch.setattr(buckets, "ROWS_IN_MEMORY", in_memory)
    monkeypatch.setattr(folding, "FIRMS_IN_MEMORY", 0)
    monkeypatch.setattr(buckets, "ROWS_OF_A_RANGE", in_bucket)
    monkeypatch.setattr(parts, "ROWS_PER_PART", 100)
    assert made(tmp_path / "b", {RegisterKind.INVOICES: rows}) == expected
    assert [x.name for x in (tmp_path / "b").iterdir()] == ["in", "out.parquet"] or len(list((tmp_path / "b").iterdir())) == 2


def test_several_files_are_one_register_in_any_order(tmp_path: Path) -> None:
    rows = some_invoices(5, 200)
    files = [write(tmp_path, RegisterKind.INVOICES, rows[i::2], name=f"part-{i}") for i in (0, 1)]
    tables = []
    for order in (files, files[::-1]):
        request = FeatureRequest({RegisterKind.INVOICES: order}, ON, tmp_path / "out.parquet")
        make_features(request, progress=lambda _: None)
        tables.append(sorted(pq.read_table(tmp_path / "out.parquet").to_pylist(), key=lambda x: str(x["firm_id"])))
    assert tables[0] == tables[1]


def test_a_firm_of_the_registry_without_invoices_is_not_known_and_not_zero(tmp_path: Path) -> None:
    registry = [
        {"uscc": x, "name": f"厦门{x[-1]}有限公司", "region_code": "350203", "established_on": date(2018, 2, 15)} for x in CODES
    ]
    found = made(
        tmp_path,
        {RegisterKind.REGISTRY: registry, RegisterKind.INVOICES: [sale(CODES[1], date(2020, 1, 5), 50), sale("X", ON, 1)]},
    )
    assert [(x["firm_id"], x["sales_12m"], x["firm_age_months"]) for x in found] == [
        (CODES[0], None, 24), (CODES[1], 5000, 24), (CODES[2], None, 24),
    ]  # fmt: skip
    assert {found[0][x] for x in found[0]} == {CODES[0], f"厦门{CODES[0][-1]}有限公司", "350203", ON, 24, None}


def test_invoices_find_their_firm_by_a_code_its_number_or_its_name(tmp_path: Path) -> None:
    registry = [
        {"uscc": CODES[0], "register_no": "7", "register_scheme": "mine", "name": "厦门甲有限公司", "region_code": "350203"},
        {"uscc": CODES[1], "name": "厦门乙有限公司", "region_code": "350203"},
        {"uscc": CODES[2], "name": "厦门丙有限公司", "region_code": "350203"},
    ]
    nameless = {"invoiced_on": date(2020, 1, 5), "direction": "sale", "amount_fen": 100}
    invoices = [
        sale(CODES[0], date(2020, 1, 5), 1), sale("7", date(2020, 1, 6), 2), sale("8", date(2020, 1, 7), 4),
        {**nameless, "name": "厦门乙有限公司", "region_code": "350203"}, nameless,
    ]  # fmt: skip
    found = made(tmp_path, {RegisterKind.REGISTRY: registry, RegisterKind.INVOICES: invoices})
    assert [x["sales_12m"] for x in found] == [300, 100, None]


def test_the_last_updated_record_of_a_firm_speaks_for_it(tmp_path: Path) -> None:
    row = {"uscc": CODES[0], "name": "厦门旧名有限公司"}
    registry = [
        {**row, "registered_capital_fen": 3, "updated_on": date(2019, 5, 1)}, {**row, "registered_capital_fen": 1},
        {**row, "name": "厦门新名有限公司", "registered_capital_fen": 2, "updated_on": date(2019, 5, 1)},
    ]  # fmt: skip
    found = made(tmp_path, {RegisterKind.REGISTRY: registry, RegisterKind.INVOICES: []})
    assert [(x["firm_id"], x["name"], x["registered_capital"]) for x in found] == [(CODES[0], "厦门新名有限公司", 2)]
    paths = {kind: [tmp_path / "in"] for kind in (RegisterKind.REGISTRY, RegisterKind.INVOICES)}
    assert features_of_firm(CODES[0], registers=paths, on=ON) == found[0]


def test_all_registers_together_are_equal_to_the_reader_of_one_firm(tmp_path: Path) -> None:
    code = {"uscc": CODES[0]}
    registers: dict[RegisterKind, Rows] = {
        RegisterKind.INVOICES: [sale(CODES[0], date(2019, 4 + i, 3), 10_000 + i, number=str(i)) for i in range(8)],
        RegisterKind.REGISTRY: [{**code, "established_on": date(2017, 1, 31), "registered_capital_fen": 5}],
        RegisterKind.TAX: [
            {
                **code,
                "period_end": date(2019, i, 28),
                "sales_fen": i * 10**6,
                "tax_paid_fen": i % 3,
                "credit_grade": "A" if i < 9 else "M",
            }
            for i in range(1, 13)
        ],
        RegisterKind.SOCIAL_SECURITY: [
            {**code, "period_end": date(2019, 12, 31), "headcount": 5, "paid_fen": 5, "due_fen": 10}
        ],
        RegisterKind.LITIGATION: [
            {**code, "case_kind": "合同纠纷", "role": "被告", "filed_on": date(2019, 9, 9), "amount_fen": 77}
        ],
        RegisterKind.LOANS: [{**code, "granted_on": date(2019, 9, 9), "amount_fen": 10**6}],
    }
    (found,) = made(tmp_path, registers)
    paths = {kind: [tmp_path / "in"] for kind in registers}
    assert features_of_firm(CODES[0], registers=paths, on=ON) == found
    names = (
        "declared_vs_invoiced",
        "tax_max_gap_months_24",
        "grade_change",
        "headcount_ss",
        "litigation_amount_24",
        "debt_to_sales",
    )
    assert [found[x] for x in names] == [96_216, 2, 2, 5, 77, 1_250]


def test_the_table_says_from_what_it_was_made(tmp_path: Path) -> None:
    made(tmp_path, {RegisterKind.INVOICES: [sale("F1", ON, 1)]})
    metadata = pq.read_schema(tmp_path / "out.parquet").metadata
    (source,) = json.loads(metadata[b"huoshui.sources"])
    assert (metadata[b"huoshui.on"], metadata[b"huoshui.features"], source["register"]) == (b"2020-02-15", b"1", "invoices")
    assert len(source["sha256"]) == 64


def test_the_same_registers_give_the_same_bytes(tmp_path: Path) -> None:
    rows = some_invoices(7, 300)
    made(tmp_path, {RegisterKind.INVOICES: rows})
    first = (tmp_path / "out.parquet").read_bytes()
    made(tmp_path, {RegisterKind.INVOICES: rows})
    assert (tmp_path / "out.parquet").read_bytes() == first


def test_a_register_without_invoices_gives_no_firm_and_a_registry_gives_its_firms(tmp_path: Path) -> None:
    assert made(tmp_path / "a", {RegisterKind.INVOICES: []}) == []
    found = made(tmp_path / "b", {RegisterKind.INVOICES: [], RegisterKind.REGISTRY: [{"uscc": CODES[0]}]})
    assert [(x["firm_id"], x["sales_12m"], x["rows_used"]) for x in found] == [(CODES[0], None, None)]


def test_an_invoice_without_day_or_amount_is_counted_and_not_used(tmp_path: Path) -> None:
    rows = [
        sale("F1", None, 5),
        sale("F1", date(2020, 1, 2), None),
        sale("F1", date(2020, 1, 3), None, total_fen=113, tax_fen=13),
    ]
    (found,) = made(tmp_path, {RegisterKind.INVOICES: rows})
    assert (found["sales_12m"], found["rows_used"], found["rows_unusable"]) == (100, 1, 2)


def test_a_direction_that_says_neither_sale_nor_purchase_is_counted_and_not_used(tmp_path: Path) -> None:
    rows = [sale("F1", date(2020, 1, 2), 500, direction="sideways"), sale("F1", date(2020, 1, 3), 100)]
    (found,) = made(tmp_path, {RegisterKind.INVOICES: rows})
    assert (found["sales_12m"], found["rows_used"], found["rows_unusable"]) == (10_000, 1, 1)


def test_an_amount_beyond_64_bits_is_not_used_by_either_reader(tmp_path: Path) -> None:
    rows = [
        sale("F1", date(2020, 1, 2), None, amount_fen=-(2**63), total_fen=113, tax_fen=13),
        sale("F1", date(2020, 1, 3), None, total_fen=113, tax_fen=13),
    ]
    (found,) = made(tmp_path, {RegisterKind.INVOICES: rows})
    one = features_of_firm("F1", registers={RegisterKind.INVOICES: [tmp_path / "in" / "invoices.parquet"]}, on=ON)
    assert found == one
    assert (one["sales_12m"], one["rows_unusable"]) == (100, 1)


def test_wrong_input_is_one_sentence(tmp_path: Path) -> None:
    invoices = write(tmp_path, RegisterKind.INVOICES, [sale("F1", ON, 1)])
    paths = {RegisterKind.INVOICES: [invoices]}
    with pytest.raises(BadRequest, match="--invoices is missing"):
        make_features(FeatureRequest({}, ON, tmp_path / "out"), progress=lambda _: None)
    with pytest.raises(BadFile, match="does not exist"):
        make_features(FeatureRequest({RegisterKind.INVOICES: [tmp_path / "no"]}, ON, tmp_path / "out"), progress=lambda _: None)
    with pytest.raises(BadRequest, match="is a folder"):
        make_features(FeatureRequest(paths, ON, tmp_path), progress=lambda _: None)
    with pytest.raises(OutputError, match="cannot write"):
        make_features(FeatureRequest(paths, ON, tmp_path / "no" / "out"), progress=lambda _: None)
    with pytest.raises(BadRequest, match="is what is read"):
        make_features(FeatureRequest(paths, ON, invoices), progress=lambda _: None)
    with pytest.raises(BadRequest, match="no register names the firm 'F2'"):
        features_of_firm("F2", registers=paths, on=ON)
    assert [x.name for x in tmp_path.iterdir()] == ["invoices.parquet"]
    assert pq.read_table(invoices).num_rows == 1


@pytest.mark.parametrize("on", [date.min, date.max])
def test_the_first_and_the_last_day_of_the_calendar_are_days_like_others(tmp_path: Path, on: date) -> None:
    invoices = write(tmp_path, RegisterKind.INVOICES, [sale("F1", on, 1)])
    make_features(FeatureRequest({RegisterKind.INVOICES: [invoices]}, on, tmp_path / "out"), progress=lambda _: None)
    (found,) = pq.read_table(tmp_path / "out").to_pylist()
    assert (found["rows_used"], found["last_invoice_days"]) == (1, 0)
