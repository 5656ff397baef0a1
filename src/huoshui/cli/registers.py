"""`huoshui registers` (数据接入): inspect register files and propose a mapping; import them."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from huoshui.cli.calculator import read_choice, today
from huoshui.cli.layout import aligned
from huoshui.errors import BadRequest
from huoshui.money import format_yuan
from huoshui.terms import RegisterKind

if TYPE_CHECKING:
    from huoshui.adapters.registers.importing import TableReport
    from huoshui.services.registers import Imported, Inspection

_EXAMPLES: Final = """
examples:
  huoshui registers inspect registry.csv --out mapping.yaml
  huoshui registers import --kind registry --mapping mapping.yaml registry.csv --out registers
  huoshui registers import --kind invoices sales.xlsx purchases.xlsx --out registers --scheme platform_2025
"""
_FLAGGED: Final = ("damaged_by_spreadsheet", "unknown_region", "rounded")
_QUIET_SECONDS: Final = 2.0
_LONG_BYTES: Final = 50_000_000
_EVERY_SECONDS: Final = 1.0
_EVERY_SECONDS_IN_LOGS: Final = 15.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `registers` can do (登记参数)."""
    parser.epilog = _EXAMPLES
    kinds = "|".join(RegisterKind)
    actions = parser.add_subparsers(dest="action", required=True, metavar="inspect|import")
    inspect = actions.add_parser("inspect", help="propose a mapping, report the quality (识别字段、检查质量)")
    inspect.add_argument("files", nargs="+", metavar="FILE", help="CSV, XLSX or Parquet")
    inspect.add_argument("--kind", metavar="KIND", help=f"what it is, if it should not be found: {kinds}")
    inspect.add_argument("--out", metavar="FILE", help="write the mapping there, to be edited (映射文件)")
    take = actions.add_parser("import", help="write files as one standard register (导入)")
    take.add_argument("files", nargs="+", metavar="FILE", help="CSV, XLSX or Parquet")
    take.add_argument("--kind", required=True, metavar="KIND", help=f"what it becomes: {kinds}")
    take.add_argument(
        "--mapping", metavar="FILE", help="the mapping that inspect wrote; left out, what inspect proposes, if that is sure"
    )
    take.add_argument(
        "--out", required=True, metavar="DIR", help="folder for the register, its report and the rejects (输出目录)"
    )
    take.add_argument("--chunk-rows", type=int, metavar="N", help="rows held in memory and in one row group (at most 262144)")
    take.add_argument(
        "--reject-malformed", action="store_true", help="leave damaged lines out instead of refusing the file (剔除损坏行)"
    )
    take.add_argument(
        "--scheme", metavar="NAME", help="name of the register's own numbers, goes before the mapping's (编号体系)"
    )
    for action in (inspect, take):
        action.add_argument("--json", action="store_true", help="print JSON instead of text")


def run(arguments: argparse.Namespace) -> int:
    """Inspect or import (执行); status 1 where damaged lines refused an import."""
    files = [Path(x) for x in arguments.files]
    if len(set(files)) < len(files):
        raise BadRequest("a file is named twice; expected each file once", field="file")
    kind = None if arguments.kind is None else RegisterKind(read_choice(*RegisterKind)(arguments.kind, "kind"))
    return (
        _inspect(arguments, files, kind)
        if arguments.action == "inspect"
        else _import(arguments, files, kind or RegisterKind.REGISTRY)
    )


def _inspect(arguments: argparse.Namespace, files: list[Path], kind: RegisterKind | None) -> int:
    from huoshui.services import registers  # noqa: PLC0415 -- heavy, and only here

    with _Progress(files) as progress:
        found = registers.inspect_registers(files, kind=kind, on=today(), watch=progress)
    documents = registers.write_mapping(found, path=Path(arguments.out)) if arguments.out else 0
    if arguments.json:
        print(
            json.dumps(
                {"files": [registers.as_json(x) for x in found], "mapping": arguments.out}, ensure_ascii=False, default=str
            )
        )
        return 0
    print("\n\n".join(_inspected(x) for x in found))
    if arguments.out:
        print(
            f"\n映射已写入 {arguments.out}（{documents} 份），请核对后用于 "
            f"huoshui registers import --kind … --mapping {arguments.out}"
        )
    return 0


def _import(arguments: argparse.Namespace, files: list[Path], kind: RegisterKind) -> int:
    from huoshui.services import registers  # noqa: PLC0415 -- heavy, and only here

    options: dict[str, Any] = {} if arguments.chunk_rows is None else {"group_rows": arguments.chunk_rows}
    with _Progress(files) as progress:
        result = registers.import_registers(
            files, kind=kind, mapping=Path(arguments.mapping) if arguments.mapping else None, out=Path(arguments.out),
            keep_damaged=arguments.reject_malformed, scheme=arguments.scheme, watch=progress, **options,
        )  # fmt: skip
    refusal = result.refusal
    if arguments.json:
        error = {} if refusal is None else {"error": {"code": "damaged_lines", "message": refusal, "field": "file"}}
        print(json.dumps({**result.as_dict(), **error}, ensure_ascii=False, default=str))
    else:
        print("\n".join(_imported(result)))
    if refusal is not None:
        print(f"huoshui: {refusal}", file=sys.stderr)
    return 0 if refusal is None else 1


class _Progress:
    """Says on standard error how far a long read is (进度)."""

    def __init__(self, files: list[Path]) -> None:
        self._all = sum(x.stat().st_size for x in files if x.is_file())
        self._read, self._started = 0, time.monotonic()
        self._next = self._started + _QUIET_SECONDS
        self._live = sys.stderr.isatty()
        self._said = False

    def __call__(self, count: int) -> None:
        self._read += count
        now = time.monotonic()
        if now < self._next or self._all < _LONG_BYTES:
            return
        self._next = now + (_EVERY_SECONDS if self._live else _EVERY_SECONDS_IN_LOGS)
        share, speed = self._read / max(self._all, 1), self._read / (now - self._started)
        line = f"已读 {self._read / 1e6:,.0f} MB / {self._all / 1e6:,.0f} MB ({min(share, 1.0):.0%}), {speed / 1e6:,.0f} MB/s"
        print(f"\r{line}  " if self._live else line, end="" if self._live else "\n", file=sys.stderr, flush=True)
        self._said = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._said and self._live:
            print(file=sys.stderr)


def _imported(result: "Imported") -> Iterator[str]:
    if result.proposed:
        yield "未给映射文件，使用自动识别的映射（与 inspect 所列相同）："
        for proposal in result.proposed:
            yield aligned([(x.source, "→", field) for field, x in proposal.mapping.mapped.items()], indent="  ")
    for table in result.tables:
        yield from _imported_table(table, refused=result.refused)
    if result.by_code:
        yield "拒收原因: " + _counts(result.by_code)
    shown = [
        (zh, en, count)
        for zh, en, count in (
            ("接收", "accepted", result.accepted),
            ("拒收", "rejected", result.rejected),
            ("按条件略过", "filtered", result.filtered),
            ("因文件损坏未接收", "withheld", result.withheld),
        )
        if count or en in ("accepted", "rejected")
    ]
    yield f"{' + '.join(f'{zh} {count:,}' for zh, _, count in shown)} = 读入 {result.read:,}"
    yield f"{' + '.join(f'{en} {count}' for _, en, count in shown)} = read {result.read}"
    if not result.refused:
        yield f"已写入 {result.out / f'{result.kind.value}.parquet'}"
    if result.rejected:
        yield f"拒收明细 {result.out / 'rejects.csv'}"


def _imported_table(table: "TableReport", *, refused: bool) -> Iterator[str]:
    accepted = 0 if refused else table.accepted
    filtered = f"，按条件略过 {table.filtered:,}" if table.filtered else ""
    yield f"{table.file}: 读 {table.read:,}，接收 {accepted:,}，拒收 {table.rejected:,}{filtered}"
    if table.codes:
        yield "  信用代码: " + _counts(table.codes)
    if table.empty:
        yield "  空值: " + _counts(table.empty)
    for name, forms in table.forms.items():
        if flagged := {x: y for x, y in forms.items() if x in _FLAGGED}:
            yield f"  请核对 {name}: " + _counts(flagged)


def _inspected(found: "Inspection") -> str:
    shape, proposal, quality = found.table.shape, found.proposal, found.quality
    form = "，".join(x for x in (shape.format, shape.encoding, f"分隔符 {shape.delimiter!r}" if shape.delimiter else None) if x)
    mapping = proposal.mapping
    lines = [f"{found.table.label}: {form}，表头第 {shape.header_row} 行，{quality.rows:,} 行"]
    lines.append(f"种类: {mapping.kind.value} {mapping.kind.zh}（把握 {proposal.kind_confidence:.0%}）")
    rows = []
    for column in mapping.columns:
        if column.field == "ignore":
            rows.append((column.source, "—", "ignore", column.reason or ""))
            continue
        extra = " ".join(
            x for x in (column.unit, column.scheme, None if column.date_format == "auto" else column.date_format) if x
        )
        empty = quality.empty.get(column.field, 0.0)
        rows.append((column.source, "→", column.field, f"把握 {column.confidence:.2f}  空 {empty:.1%}  {extra}"))
    lines.append(aligned(rows, indent="  "))
    lines += [f"固定值: {name} = {value}" for name, value in mapping.constants.items()]
    lines += [f"行筛选: {x.column} {'in' if x.only else 'not in'} {list(x.only or x.not_in or ())}" for x in mapping.where]
    lines += [*_quality(found), *(f"注意: {x}" for x in proposal.notes)]
    return "\n".join(lines)


def _quality(found: "Inspection") -> Iterator[str]:
    quality = found.quality
    yield f"可接收 {quality.acceptable:,}，将拒收 {sum(quality.rejected.values()):,}，完全重复 {quality.exact_duplicates:,}" + (
        "" if quality.duplicate_keys is None else f"，主键重复 {quality.duplicate_keys:,}（{' + '.join(quality.key)}）"
    )
    if quality.rejected:
        yield "拒收原因: " + _counts(quality.rejected)
    yield from (f"  第 {x.line} 行: {x.reason_zh}" for x in quality.examples)
    if quality.codes:
        yield "信用代码: " + _counts(quality.codes)
    for name, forms in quality.forms.items():
        yield f"写法 {name}: " + _counts(forms)
    for name, days in quality.days.items():
        odd = [f"{label} {count:,}" for label, count in (("未来", days.future), ("1949年10月前", days.before_1949)) if count]
        yield f"日期 {name}: {days.first} 至 {days.last}" + (f"，{'，'.join(odd)}" if odd else "")
    for name, amounts in quality.amounts.items():
        odd = [f"{label} {count:,}" for label, count in (("负数", amounts.negative), ("零", amounts.zero)) if count]
        ends = f"{format_yuan(amounts.least_fen or 0)} 至 {format_yuan(amounts.most_fen or 0)} 元"
        yield f"金额 {name}: {ends}" + (f"，{'，'.join(odd)}" if odd else "")


def _counts(found: dict[str, int]) -> str:
    return "，".join(f"{name} {count:,}" for name, count in sorted(found.items(), key=lambda x: -x[1]))
