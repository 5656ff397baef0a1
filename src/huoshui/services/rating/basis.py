"""What a rating rests on (评级依据): a verified model, a bank product from the policies in force, and their sources."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from huoshui import policy
from huoshui.errors import BadChoice, BadPolicyFile
from huoshui.money import to_fen
from huoshui.policy import Citation, Policy
from huoshui.policy.region import NATION, check_region
from huoshui.rules.cost import Fee
from huoshui.rules.fee_check import ABOVE_CAP, check_fee
from huoshui.rules.knock_out import KnockOut
from huoshui.rules.limit import LimitTerms
from huoshui.rules.pricing import REFERENCE_FEN, PricingRule, PricingTerms
from huoshui.rules.rating import Product, Rater
from huoshui.services.cost import FeeLaw, read_fee_law
from huoshui.services.model.folder import SYNTHETIC, Model, read_model
from huoshui.terms import LegalCheck, LoanArrangement, SizeClass

INDICATIVE: Final = "indicative"
LISTS: Final = ("evidence", "general")
_FEN: Final = 100
_ROW_WORDS: Final = ("at_least", "at_most")


@dataclass(frozen=True, slots=True)
class RatingBasis:
    """What a rating was made with (评级依据), kept with it: `model` is its name, version, sha256, status and people.

    `features_on` is the day up to which the features know, None where they do not say; `synthetic` says whether the features,
    the facts or the model's training are.
    """

    on: date
    region: str
    product: str
    product_zh: str
    model: Mapping[str, Any]
    base_rate: Decimal
    citations: tuple[Citation, ...]
    features_on: date | None = None
    synthetic: bool = False

    @property
    def notices(self) -> tuple[str, ...]:
        """What every reader must know of this rating (提示).

        Synthetic data, an unapproved model, no product, values that no text shows.
        """
        found = [SYNTHETIC] if self.synthetic else []
        found += [self.model["notice"]] if self.model.get("notice") else []
        if self.product == INDICATIVE:
            found.append("no bank product was named: knock-outs were not asked for, all is indicative (未选银行产品，仅供测算)")
        unconfirmed = sorted({f"{x.policy}.{x.field}" for x in self.citations if x.unconfirmed})
        if unconfirmed:
            found.append(f"not confirmed by any text (未核实): {', '.join(unconfirmed)}")
        return tuple(found)

    def as_dict(self) -> dict[str, Any]:
        """The basis as JSON shows it (依据的数据形式)."""
        return {
            "on": self.on.isoformat(),
            "region": self.region,
            "product": self.product,
            "product_zh": self.product_zh,
            "model": dict(self.model),
            "base_rate": str(self.base_rate),
            "features_on": self.features_on.isoformat() if self.features_on else None,
            "synthetic": self.synthetic,
            "citations": [{**asdict(x), "since": x.since.isoformat()} for x in self.citations],
            "notices": list(self.notices),
        }


@dataclass(frozen=True, slots=True)
class FirmRater:
    """A model and a product on a day, ready to rate (评级器), with what both rest on."""

    rater: Rater
    basis: RatingBasis
    model: Model

    def for_features(self, *, on: date | None, synthetic: bool) -> "FirmRater":
        """The same rater with what its features say of themselves (补记特征依据): their day, and whether they are synthetic."""
        basis = replace(self.basis, features_on=on, synthetic=self.basis.synthetic or synthetic)
        return replace(self, basis=basis)


def open_rater(
    model: Path | Model,
    *,
    on: date,
    product: str = INDICATIVE,
    region: str = NATION,
    trusted: Path | None = None,
    allow_unapproved: bool = False,
) -> FirmRater:
    """Make a model and a product ready for a day (准备评级).

    A path is read and verified first, which raises BadModel, NotApproved, MakerIsChecker and BadKey. Raises BadChoice for an
    unknown product, UnknownRegion, NoPolicy and BadPolicyFile for what the policies do not say.
    """
    read = model if isinstance(model, Model) else read_model(model, trusted=trusted, allow_unapproved=allow_unapproved)
    made, citations = read_product(product, region=region, on=on)
    basis = RatingBasis(
        on, check_region(region), made.name, made.zh, read.basis, made.pricing.base_rate, citations,
        synthetic=read.is_synthetic,
    )  # fmt: skip
    return FirmRater(Rater(read.table, product=made, on=on), basis, read)


def products(*, region: str = NATION, on: date) -> tuple[str, ...]:
    """The names of the bank products in force in a region on a day (产品名称); raises UnknownRegion, NoPolicy."""
    return tuple(x for x in policy.read("knock_outs", region=region, on=on).fields if x not in LISTS)


def read_product(name: str, *, region: str = NATION, on: date) -> tuple[Product, tuple[Citation, ...]]:
    """A bank product in force in a region on a day, with its sources (读取银行产品).

    Raises BadChoice for an unknown name, UnknownRegion, NoPolicy, and BadPolicyFile for terms that cannot be read.
    """
    entry = policy.read("knock_outs", region=region, on=on)
    if name in LISTS or name not in entry.fields:
        known = ", ".join(x for x in entry.fields if x not in LISTS)
        raise BadChoice(f"there is no product {name!r} in region {region} on {on}; expected one of {known}", field="product")
    limit, pricing = (policy.read(x, region=region, on=on) for x in ("limit", "pricing"))
    rows, lists = _rows(entry, name)
    rule, of_price = _pricing(policy.bind_table(pricing, field=name, shape=PricingTerms), region=region, on=on)
    product = Product(name, entry.dated(name).zh, rows, policy.bind_table(limit, field=name, shape=LimitTerms), rule)
    of_entry = [x for x in entry.citations if x.field == name or x.field in lists]
    of_terms = [x for found in (limit, pricing) for x in found.citations if x.field == name]
    return product, (*of_entry, *of_terms, *of_price)


def _rows(entry: Policy, name: str) -> tuple[tuple[KnockOut, ...], Sequence[str]]:
    given = entry[name]
    try:
        lists = [str(x) for x in given["begins_with"]]
        raw = [row for field in lists for row in entry[field]] + list(given["rows"])
        return tuple(msgspec.convert(_in_fen(x), KnockOut, strict=False) for x in raw), lists
    except (msgspec.ValidationError, KeyError, TypeError) as error:
        raise BadPolicyFile(f"policy knock_outs, {name}: {type(error).__name__} {error}") from error


def _in_fen(row: Mapping[str, Any]) -> dict[str, Any]:
    if row.get("unit") != "yuan":
        return dict(row)
    return {key: x * _FEN if key in _ROW_WORDS and x is not None else x for key, x in row.items()} | {"unit": "fen"}


def _pricing(terms: PricingTerms, *, region: str, on: date) -> tuple[PricingRule, tuple[Citation, ...]]:
    base, cap, citations = Decimal(0), None, []
    base_source = cap_source = ""
    if terms.base is not None:
        lpr = policy.read("lpr", region=region, on=on)
        base = Decimal(lpr[terms.base])
        found = next(x for x in lpr.citations if x.field == terms.base)
        base_source = f"{lpr.dated(terms.base).zh} {found.since}"
        citations.append(found)
    law = read_fee_law(region=region, on=on)
    if terms.arrangement is LoanArrangement.ASSISTED and law.cost_cap:
        cap, cap_source = law.cost_cap.rate, law.cost_cap.citation.source
        citations.append(law.cost_cap.citation)
    citations += _fee_citations(terms, law=law)
    return PricingRule(terms, base, cap, base_source, cap_source), tuple(citations)


def _fee_citations(terms: PricingTerms, *, law: FeeLaw) -> Iterator[Citation]:
    """The rules that a product's fees were checked by; raises BadPolicyFile for a fee that a small firm may not be charged."""
    for x in terms.fees:
        if (entry := law.entries.get(x.name)) is None:
            continue
        fee = Fee(x.name, to_fen(x.rate * REFERENCE_FEN), x.month, x.bearer)
        verdict = check_fee(
            fee, rule=entry.rule, borrower=SizeClass.SMALL, arrangement=terms.arrangement, principal_fen=REFERENCE_FEN,
            months=terms.months,
        )  # fmt: skip
        if verdict.legal_check is not LegalCheck.OK or ABOVE_CAP in verdict.remarks:
            raise BadPolicyFile(
                f"the product's fee {x.name} is against {entry.citation.source}; expected none from a small firm"
            )
        yield entry.citation
