#!/bin/sh
# 425 real firms through inspect, import and screening: which of them never had a loan?
#
#     examples/firms_425.sh DATA_DIR OUT_DIR
#
# DATA_DIR holds the invoices of the 2020 national modelling contest (problem C): enterprises_123.csv (firms with a credit
# record), enterprises_302.csv (firms without one), sales_*.parquet and purchases_*.parquet. The firms have no credit code, so
# their own numbers come in under the scheme contest_2020. All 425 are the registry, the 123 are the loan register, and the
# sales invoices that are not void stand in for tax filings. Screened on DuckDB, and on Spark where there is Java; both
# results must be the same, row by row.
set -eu

[ $# -eq 2 ] || { echo "usage: $0 DATA_DIR OUT_DIR" >&2; exit 2; }
DATA=$1
OUT=$2
HERE=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
if [ -x "$HERE/.venv/bin/huoshui" ]; then PATH="$HERE/.venv/bin:$PATH"; fi
command -v huoshui > /dev/null || { echo "huoshui is not installed; run make setup first" >&2; exit 1; }
REGISTERS=$OUT/registers
SCHEME=contest_2020
ON=2019-12-31
mkdir -p "$OUT/mappings"

say() { printf '\n== %s\n' "$1"; }

take() { # take KIND MAPPING FILE...
    kind=$1 mapping=$2
    shift 2
    huoshui registers import --kind "$kind" --mapping "$mapping" --scheme "$SCHEME" --out "$REGISTERS" "$@"
}

say "registry: all 425 firms"
huoshui registers inspect "$DATA/enterprises_123.csv" "$DATA/enterprises_302.csv" --kind registry --out "$OUT/mappings/registry.yaml"
take registry "$OUT/mappings/registry.yaml" "$DATA/enterprises_123.csv" "$DATA/enterprises_302.csv"

say "loans: the 123 firms that have a credit record"
huoshui registers inspect "$DATA/enterprises_123.csv" --kind loans --out "$OUT/mappings/loans.yaml"
take loans "$OUT/mappings/loans.yaml" "$DATA/enterprises_123.csv"

say "invoices: sales and purchases of all of them"
huoshui registers inspect "$DATA"/sales_*.parquet "$DATA"/purchases_*.parquet --out "$OUT/mappings/invoices.yaml"
take invoices "$OUT/mappings/invoices.yaml" "$DATA"/sales_*.parquet "$DATA"/purchases_*.parquet

say "tax evidence: the sales invoices that are not void"
cat > "$OUT/mappings/tax.yaml" << 'YAML'
kind: tax
where: [{column: status, not_in: [作废发票]}]
columns:
  - {source: enterprise_id, field: register_no}
  - {source: date, field: period_end}
  - {source: amount, field: sales_fen, unit: 元}
YAML
take tax "$OUT/mappings/tax.yaml" "$DATA"/sales_*.parquet

screen() { # screen ENGINE
    say "screening on $1: never borrowed, on $ON"
    huoshui screen --registry "$REGISTERS" --tax "$REGISTERS" --loans "$REGISTERS" --invoices "$REGISTERS" \
        --rule never_borrowed --region 000000 --on "$ON" --engine "$1" --out "$OUT/$1"
}

screen duckdb
if ! command -v java > /dev/null; then
    echo "Java is missing: the comparison with Spark is left out" >&2
    exit 0
fi
screen spark

say "both results, row by row"
"$(dirname -- "$(command -v huoshui)")/python" - "$OUT" << 'PYTHON'
import sys

import pyarrow.parquet as pq

one, other = (pq.read_table(f"{sys.argv[1]}/{engine}/firms.parquet").sort_by("row_id") for engine in ("duckdb", "spark"))
if one.num_rows != other.num_rows or one.column_names != other.column_names:
    sys.exit(f"DuckDB gives {one.num_rows} rows, Spark {other.num_rows}; the columns are {one.column_names} and {other.column_names}")
different = [row for row, (a, b) in enumerate(zip(one.to_pylist(), other.to_pylist())) if a != b]
if different:
    row = different[0]
    sys.exit(f"{len(different)} rows differ, first: DuckDB {one.slice(row, 1).to_pylist()}, Spark {other.slice(row, 1).to_pylist()}")
no_loan = [x for x in one.to_pylist() if x["has_loan"] is False]
listed = sum(x["is_listed"] for x in no_loan)
print(f"{one.num_rows} firms: {len(no_loan)} never borrowed, of these {listed} show activity and are listed")
print("DuckDB and Spark give the same, row by row")
PYTHON
