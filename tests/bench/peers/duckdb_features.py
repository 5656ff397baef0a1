"""Features of invoices as an engineer of DuckDB would write them: one SQL statement over the standard register's Parquet.

python -m tests.bench.peers.duckdb_features INVOICES.parquet 2020-02-29 OUT.parquet [MEMORY]
"""

import sys
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

NAMES: Final = {"sale": ("sales", "buyer", ""), "purchase": ("purchase", "supplier", "purchase_")}
ROWS: Final = """
rows as materialized (
  select coalesce(uscc, register_no) firm_id, direction, invoiced_on d, counterparty_id party, amount_fen a,
    bool_or(coalesce(contains(invoice_state, '作废'), false)) void
  from read_parquet($invoices) where invoiced_on <= $on
  group by firm_id, direction, d, party, a, tax_fen, invoice_no),
aged as (
  select *, (12 * (year($on) - year(d)) + month($on) - month(d) - 1)::int age, greatest(a, 0) plus,
    month(d + 3) <> month(d) late from rows)"""
SIDE: Final = """
sums_{s} as (
  select firm_id, max(d) filter (not void) last_day, max(age) first,
    coalesce(sum(plus) filter (not void and d > $on - 30), 0)::bigint recent,
    coalesce(sum(a) filter (not void and age between 0 and 11), 0)::bigint as "year",
    coalesce(sum(a) filter (not void and age between 12 and 23), 0)::bigint as "before",
    coalesce(sum(a) filter (not void and age between 0 and 35), 0)::bigint all36,
    count(*) filter (age between 0 and 11) issued, count(*) filter (void and age between 0 and 11) voided,
    coalesce(sum(abs(a)) filter (void and age between 0 and 11), 0)::bigint void_amount,
    coalesce(sum(plus) filter (not void and age between 0 and 11), 0)::bigint positive,
    coalesce(sum(plus) filter (not void and late and age between 0 and 11), 0)::bigint month_end,
    coalesce(max(plus) filter (not void and age between 0 and 11), 0)::bigint largest
  from aged where direction = '{s}' group by firm_id),
months_{s} as (
  select firm_id, age, age - lag(age) over (partition by firm_id order by age) - 1 gap
  from (select firm_id, age from aged where direction = '{s}' and not void and age between 0 and 11
        group by firm_id, age having sum(a) > 0)),
active_{s} as (
  select firm_id, count(*) active, max(gap) gap, min(age) newest, max(age) oldest from months_{s} group by firm_id),
pairs_{s} as (
  select firm_id, greatest(coalesce(sum(a) filter (age < 12), 0), 0)::bigint now_,
    greatest(coalesce(sum(a) filter (age >= 12), 0), 0)::bigint then_
  from aged where direction = '{s}' and not void and age between 0 and 23 and party is not null group by firm_id, party),
parties_{s} as (
  select firm_id, count(*) filter (now_ > 0) parties, whole, max(now_) top1,
    list_sum(list_slice(list_sort(list(now_), 'desc'), 1, 5))::bigint top5,
    sum(ppm * ppm)::bigint // 1000000 hhi, count(*) filter (then_ > 0) before_parties,
    count(*) filter (then_ > 0 and now_ > 0) kept, coalesce(sum(now_) filter (then_ = 0), 0)::bigint as "new"
  from (select *, (now_ * 1000000 + whole // 2) // nullif(whole, 0) ppm
        from (select *, (sum(now_) over (partition by firm_id))::bigint whole from pairs_{s}))
  group by firm_id, whole),
side_{s} as (
  select firm_id, case when first >= 0 then "year" end {name}_12m, case when first >= 0 then all36 end {name}_36m,
    case when first >= 0 then {yoy} - 10000 end {name}_yoy,
    case when first >= 0 then coalesce(active, 0) end active_{single}_months_12,
    case when first >= 0 then coalesce(greatest(gap, newest, least(first + 1, 12) - 1 - oldest), least(first + 1, 12)) end
      {prefix}max_gap_months_12,
    case when first >= 0 then {void_cnt} end {prefix}void_rate_cnt,
    case when first >= 0 then {void_amt} end {prefix}void_rate_amt,
    case when first >= 0 then {month_end} end {prefix}month_end_share,
    case when first >= 0 then {giant} end {prefix}giant_share,
    case when first >= 0 then {burst} end {prefix}burst_30d,
    case when first >= 0 then coalesce(parties, 0) end {party}_cnt_12, {top1} top1_{party}_share, {top5} top5_{party}_share,
    case when first >= 0 then coalesce(hhi, 0) end {party}_hhi, {kept} {party}_retention,
    case when before_parties > 0 then {new} end new_{party}_share, ($on - last_day)::bigint {prefix}last_invoice_days
  from sums_{s} left join active_{s} using (firm_id) left join parties_{s} using (firm_id))"""


def share(part: str, whole: str, least: int = 1) -> str:
    """Basis points, half away from zero; NULL below the least."""
    by = f"(case when ({whole})::bigint >= {least} then ({whole})::bigint end)"
    return f"(sign({part})::bigint * ((abs(({part})::bigint) * 10000 + {by} // 2) // {by}))"


def statement() -> str:
    """The whole query."""
    parts = [ROWS]
    for side, (name, party, prefix) in NAMES.items():
        parts.append(SIDE.format(
            s=side, name=name, party=party, prefix=prefix, single=side, yoy=share('"year"', '"before"', 1_000_000),
            void_cnt=share("voided", "issued"), void_amt=share("void_amount", "void_amount + positive"),
            month_end=share("month_end", "positive"), giant=share("largest", "positive"),
            burst=share("recent * 12", "positive"),
            top1=share("top1", "whole"), top5=share("top5", "whole"),
            kept=share("kept", "before_parties"), new=share('"new"', "whole"),
        ))  # fmt: skip
    ratio = share("purchase_12m", "sales_12m")
    return (
        f"with {','.join(parts)} select *, {ratio} input_output_ratio "
        "from side_sale full join side_purchase using (firm_id) order by firm_id"
    )


def features(invoices: Path, on: date, *, memory: str = "8GB") -> duckdb.DuckDBPyRelation:
    """One row a firm."""
    connection = duckdb.connect(config={"threads": "2", "memory_limit": memory, "preserve_insertion_order": "false"})
    return connection.sql(statement(), params={"invoices": str(invoices), "on": on})


def main() -> None:
    """Read, compute, write."""
    invoices, on, out, *memory = sys.argv[1:]
    features(Path(invoices), date.fromisoformat(on), **({"memory": memory[0]} if memory else {})).write_parquet(out)


if __name__ == "__main__":
    main()
