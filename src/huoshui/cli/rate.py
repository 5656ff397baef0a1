"""`huoshui rate` (评级): features and a model in, ratings out; or one firm with its basis, line by line."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from huoshui.adapters.rating.features_file import FeaturesFile, open_features
from huoshui.cli.calculator import read_date
from huoshui.cli.layout import aligned
from huoshui.errors import BadRequest
from huoshui.money import format_percent, format_yuan
from huoshui.policy.region import NATION
from huoshui.rules.rating import Rating
from huoshui.services.rating import FirmRater, FirmRating, open_rater, rate_firm, rate_register
from huoshui.services.rating.basis import INDICATIVE
from huoshui.services.rating.firm_list import keep_listed
from huoshui.services.rating.register import check_features
from huoshui.terms import Decision, DecisionReason, Tristate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags (参数)."""
    parser.add_argument("--model", required=True, metavar="DIR", help="the folder of a model")
    parser.add_argument("--features", required=True, metavar="FILE", help="what `huoshui features` wrote, a row a firm")
    parser.add_argument(
        "--facts", metavar="FILE", help="what else is known of the firms: Parquet with firm_id and a column a fact"
    )
    parser.add_argument(
        "--firms", metavar="FILE", help="rate only the firms of this Parquet file: firm_id, or uscc as a visit list has it"
    )
    parser.add_argument("--product", default=INDICATIVE, help="a bank product of the policies knock_outs, limit and pricing")
    parser.add_argument("--region", default=NATION, help="six digits of GB/T 2260; without it the nation")
    parser.add_argument("--on", help="the day of the decision, YYYY-MM-DD; without it the day that the features were made for")
    parser.add_argument("--out", metavar="FILE", help="the Parquet file of the ratings")
    parser.add_argument("--firm", metavar="ID", help="rate this firm only, and show how")
    parser.add_argument("--language", choices=["zh", "en"], default="zh", help="of the reasons in the file")
    parser.add_argument("--trusted", metavar="FILE", help="the list of trusted keys; else HUOSHUI_MODEL_TRUSTED_KEYS")
    parser.add_argument("--allow-unapproved", action="store_true", help="read a model that nobody approved; the result says so")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(arguments: argparse.Namespace) -> int:
    """Rate a register or one firm (执行)."""
    if (arguments.out is None) == (arguments.firm is None):
        raise BadRequest("expected --out FILE for a register or --firm ID for one firm, one of the two", field="out")
    features = open_features(Path(arguments.features), facts=Path(arguments.facts) if arguments.facts else None)
    if arguments.firms:
        features = keep_listed(features, firms=Path(arguments.firms))
    rater = open_rater(
        Path(arguments.model),
        on=_day(arguments.on, features),
        product=arguments.product,
        region=arguments.region,
        trusted=Path(arguments.trusted) if arguments.trusted else None,
        allow_unapproved=arguments.allow_unapproved,
    )
    if arguments.firm is not None:
        found = _rate_one(arguments.firm, features, rater)
        print(json.dumps(found.as_dict(), ensure_ascii=False) if arguments.json else _describe_firm(found))
        return 0
    quiet = arguments.quiet or arguments.json
    summary = rate_register(
        features, rater=rater, out=Path(arguments.out), language=arguments.language, progress=_silent if quiet else _show
    )
    print(json.dumps(summary, ensure_ascii=False) if arguments.json else _describe(summary))
    return 0


def _day(given: str | None, features: FeaturesFile) -> date:
    if given is not None:
        return read_date(given, "on")
    if features.on is None:
        raise BadRequest(f"{features.path} does not say for which day it was made; give --on", field="on")
    return features.on


def _rate_one(firm_id: str, features: FeaturesFile, rater: FirmRater) -> FirmRating:
    check_features(features, model=rater.model, on=rater.basis.on)
    row = features.firm(firm_id, features.full_schema.names)
    rater = rater.for_features(on=features.on, synthetic=features.synthetic)
    return rate_firm({k: x for k, x in row.items() if k != "firm_id"}, rater=rater, firm_id=firm_id)


def _show(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _silent(_: str) -> None:
    return


def _describe(summary: dict[str, Any]) -> str:
    basis = summary["basis"]
    lines = [f"{basis['product_zh']} ({basis['product']}), region {basis['region']}, on {basis['on']}"]
    rows = [(f"{n:,}", f"{Decision(x).zh} ({Decision(x).en})") for x, n in summary["decisions"].items()]
    rows += [(f"{n:,}", f"评级 {x}") for x, n in summary["grades"].items()]
    rows += [(f"{n:,}", f"{x} {DecisionReason(x).zh} ({DecisionReason(x).en})") for x, n in summary["codes"].items()]
    lines.append(aligned(rows, indent="  "))
    lines.append(f"limits of {summary['firms']:,} firms: {format_yuan(summary['limit_fen'])} yuan; ratings: {summary['out']}")
    if count := summary["decisions"].get(Decision.NOT_KNOWN.value):
        indicative = format_yuan(summary["open_limit_fen"])
        lines.append(f"indicative limits of the {count:,} firms whose evidence is missing (示意额度): {indicative} yuan")
    if missing := summary.get("without_features"):
        lines.append(f"{missing:,} firms of the list have no features")
    return "\n".join([*lines, *basis["notices"]])


def _describe_firm(found: FirmRating) -> str:
    rating = found.rating
    lines = [f"{found.firm_id}: {rating.decision.zh} ({rating.decision.en}){_offer(rating)}"]
    lines += [f"  {x.value} {x.zh} ({x.en})" for x in rating.codes]
    sections = (
        ("评级 (grade)", list(_grade(rating))),
        ("主要扣分因素 (reasons)", [(x.zh, x.en) for x in rating.reasons]),
        ("准入 (knock-outs not passed)", list(_knock_outs(rating))),
        ("额度 (limit)", list(_limit(rating))),
        ("利率 (rate)", list(_price(rating))),
        ("怎样提升评级 (what would lift the grade)", [(x.zh, x.en) for x in found.improvements]),
        ("依据 (basis)", list(_basis(found))),
    )
    for title, rows in sections:
        if rows:
            lines += [title, aligned(rows, indent="  ")]
    return "\n".join([*lines, *found.basis.notices])


def _offer(rating: Rating) -> str:
    if rating.limit_fen is None or rating.rate is None:
        return ""
    return f": {format_yuan(rating.limit_fen)} 元, {format_percent(rating.rate, places=2)}"


def _grade(rating: Rating) -> Iterator[tuple[str, ...]]:
    if (score := rating.score) is not None:
        yield "评级", score.grade, f"{score.points} 分"
        low, high = (format_percent(x, places=2) for x in (score.pd_low, score.pd_high))
        yield "违约概率", format_percent(score.pd, places=2), f"{low} 至 {high}"


def _knock_outs(rating: Rating) -> Iterator[tuple[str, ...]]:
    for x in rating.knock_outs:
        settle = f"需要：{x.rule.settle_zh} ({x.rule.settle_en})" if x.verdict is Tristate.NOT_KNOWN else ""
        yield x.verdict.zh, x.rule.zh, f"{x.rule.fact} = {x.value}, {x.rule.expected}", settle


def _limit(rating: Rating) -> Iterator[tuple[str, ...]]:
    if (limit := rating.limit) is None:
        return
    for x in limit.lines:
        if x.gap is not None:
            yield x.method.zh, "不适用", f"{x.gap.zh} ({x.gap.en})"
        elif x.value_fen is not None and x.gross_fen is not None:
            yield (
                x.method.zh,
                f"{format_yuan(x.value_fen)} 元",
                f"{format_yuan(x.gross_fen)} − {format_yuan(x.loans_fen)} 现有贷款",
            )
    shown = "不明" if rating.limit_fen is None else f"{format_yuan(rating.limit_fen)} 元"
    yield "额度", shown, f"取最低：{limit.lowest.zh}"


def _price(rating: Rating) -> Iterator[tuple[str, ...]]:
    if (price := rating.price) is None:
        return
    for x in price.lines:
        yield x.item.zh, format_percent(x.rate), x.how
    if price.bound is not None:
        yield (
            price.bound.zh,
            format_percent(price.rate),
            f"{price.bound_reason}；银行每年少收 {format_percent(price.bound_cost)}",
        )
    yield "合同利率", format_percent(price.rate), "" if rating.rate is not None else "仅供参考，未予授信"
    yield "综合融资成本", format_percent(price.all_in_rate), f"贴息后 {format_percent(price.all_in_after_subsidy)}"


def _basis(found: FirmRating) -> Iterator[tuple[str, ...]]:
    basis = found.basis
    yield "决策日", basis.on.isoformat(), f"{basis.product_zh} ({basis.product}), {basis.region}"
    yield "模型", f"{basis.model['name']} {basis.model['version']}", f"{basis.model['status']} {basis.model['sha256'][:12]}"
    for x in basis.citations:
        yield f"{x.policy}.{x.field}", f"{x.since}", x.source + ("（未核实）" if x.unconfirmed else "")
