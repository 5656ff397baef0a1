"""Random registers of a few rows and nights of new ones (随机登记数据), full of what linking trips over.

Few firms, few names and few codes, so that rows meet: namesakes, older records, copies, codes missing and wrong, fifteen digits
that may be a taxpayer's, evidence whose code the registry does not know until a later night. Rows of two provinces never meet,
so one register may hold a world in each.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import pyarrow.parquet as pq

from huoshui.terms import RegisterKind
from tests.adapters.registers.small_registers import ON, Row, table_of, uscc_of, wrong_uscc

KINDS: Final = ("registry", "tax", "loans", "invoices", "exclusions")
Night = Mapping[str, Sequence[Row]]
_COUNTIES: Final = ("0203", "0205", "0102")
_FUJIAN: Final = 35
_WORDS: Final = ("海天", "海大", "海天达", "鹭岛", "鹭岛新", "鼓浪", "白鹭", "筼筜湖")
_FORMS: Final = ("贸易有限公司", "商贸有限公司", "贸易公司", "贸易")
_PLACES: Final = ("厦门", "厦门市", "", "福建省")


class RandomRegisters:
    """Rows of small worlds (小世界), each register's row ids rising from night to night; the first world lies in Fujian."""

    def __init__(self, seed: int, *, firms: int = 12, worlds: int = 1) -> None:
        self._chance = Random(seed)  # noqa: S311 -- a test's chance
        self._firms, self._worlds = firms, worlds
        self._last = dict.fromkeys(KINDS, 0)
        self._given: dict[str, list[Row]] = {x: [] for x in KINDS}

    def night(self, *, rows: int) -> dict[str, list[Row]]:
        """New rows: by chance of every register, sometimes of none; so many for each world."""
        chance = self._chance
        rows *= self._worlds
        makers = {"registry": self._firm, "tax": self._filing, "loans": self._loan, "invoices": self._invoice,
                  "exclusions": self._entry}  # fmt: skip
        found: dict[str, list[Row]] = {}
        for kind, make in makers.items():
            count = chance.choice((0, 1, rows // 2, rows))
            for _ in range(count):
                self._last[kind] += chance.choice((1, 1, 1, 3))
                row = {**make(), "row_id": self._last[kind]}
                if self._given[kind] and chance.random() < 0.1:
                    row = {**chance.choice(self._given[kind]), "row_id": self._last[kind]}
                found.setdefault(kind, []).append(row)
        for kind, rows_of_kind in found.items():
            self._given[kind] += rows_of_kind
        return found

    def _who(self, *, fifteen: bool) -> Row:
        chance = self._chance
        world = chance.randrange(self._worlds)
        number = world * 1000 + chance.randrange(1, self._firms + 1)
        code: str | None = uscc_of(number)
        luck = chance.random()
        if luck < 0.3:
            code = None
        elif luck < 0.45:
            code = wrong_uscc(number)
        elif luck < 0.55 and fifteen and code:
            code = code[2:17]
        elif luck < 0.6:
            blank = ("无", " ", "") if self._worlds == 1 else ()
            code = chance.choice((f"3502001{world:02d}012345", f"X{world}", *blank))
        name: str | None = self._name(number)
        if chance.random() < 0.04:
            name = chance.choice((None, ""))
        return {"uscc": code, "name": name, "region_code": self._region(world, number)}

    def _name(self, number: int) -> str:
        chance = self._chance
        usual = Random(number % 9)  # noqa: S311 -- some firms are namesakes
        word, form, place = usual.choice(_WORDS), usual.choice(_FORMS), usual.choice(_PLACES)
        luck = chance.random()
        if luck < 0.1:
            word = chance.choice(_WORDS)
        elif luck < 0.2:
            form = chance.choice(_FORMS)
        elif luck < 0.3:
            place = chance.choice(_PLACES)
        return place + word + form

    def _region(self, world: int, number: int) -> str | None:
        luck, province = self._chance.random(), (_FUJIAN + world - 11) % 50 + 11
        county = _COUNTIES[number % 2] if luck < 0.88 else self._chance.choice(_COUNTIES)
        return None if luck > 0.97 and self._worlds == 1 else f"{province}{county}"

    def _day(self, days: int) -> date | None:
        return None if self._chance.random() < 0.05 else ON - timedelta(days=self._chance.randrange(-20, days))

    def _firm(self) -> Row:
        chance = self._chance
        return {
            **self._who(fifteen=False), "industry_code": chance.choice(("6510", "5166", "2011", None)),
            "entity_type": chance.choice(("有限责任公司", "个体工商户", "农民专业合作社")),
            "status": chance.choice(("存续", "存续", "存续", "注销", "歇业")), "established_on": chance.choice(
                (date(2020, 1, 1), date(2020, 1, 1), date(2021, 5, 5), None)),
            "employees": chance.choice((5, 30, None)), "revenue_fen": chance.choice((1_000_000_00, None)),
            "report_year": chance.choice((2024, 2023, None)), "updated_on": self._day(400),
            "township": chance.choice(("甲", None)),
        }  # fmt: skip

    def _filing(self) -> Row:
        chance = self._chance
        return {
            **self._who(fifteen=True), "period_end": self._day(500), "sales_fen": chance.choice((0, 5_000_00, 9_000_000_00)),
            "employees": chance.choice((3, None)), "credit_grade": chance.choice(("A", "M", None)),
            "tax_status": chance.choice(("正常", "非正常", None)),
        }  # fmt: skip

    def _loan(self) -> Row:
        chance = self._chance
        return {
            **self._who(fifteen=False), "loan_kind": chance.choice(("流动资金", "个人消费", "经营")),
            "borrower_role": chance.choice((None, "企业", "法定代表人")), "granted_on": self._day(900),
            "balance_fen": chance.choice((0, 100, None)),
        }  # fmt: skip

    def _invoice(self) -> Row:
        chance = self._chance
        return {**self._who(fifteen=True), "invoiced_on": self._day(300), "direction": chance.choice(("sale", "purchase")),
                "invoice_state": "有效", "amount_fen": 100}  # fmt: skip

    def _entry(self) -> Row:
        return {**self._who(fifteen=False), "list_name": self._chance.choice(("失信被执行人", "经营异常名录")),
                "listed_on": self._day(300)}  # fmt: skip


def add_part(folder: Path, night: Night, *, part: int) -> dict[RegisterKind, Path]:
    """Write a night's rows as one more file of each register; returns the registers that have a file by now."""
    for kind, rows in night.items():
        (folder / kind).mkdir(parents=True, exist_ok=True)
        pq.write_table(table_of(kind, rows), folder / kind / f"part-{part:04d}.parquet", row_group_size=7)
    return {RegisterKind(x): folder / x for x in KINDS if (folder / x).is_dir()}


def told(summary: dict[str, Any]) -> dict[str, Any]:
    """A summary without what depends on how it was made."""
    return {x: y for x, y in summary.items() if x not in ("cpu_seconds", "incremental", "buckets", "workbooks", "changes")}
