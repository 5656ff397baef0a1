"""What the values of a column look like (列内容识别): codes, names, days, amounts; from a sample."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa

from huoshui.adapters.registers.fields import Field, Reading
from huoshui.adapters.registers.region_names import is_region, region_code
from huoshui.adapters.registers.values import ColumnReader, Problem, industry_section
from huoshui.rules.registration_number import check_registration_number
from huoshui.rules.uscc import check_uscc
from huoshui.terms import CodeVerdict

_LOOKED_AT: Final = 300
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64})")
_ORGANISATION: Final = re.compile(
    r"公司|企业|厂|店|社$|部$|行$|中心|院|所$|户|场$|集团|合伙|个体|商|馆|坊|园|站|会$|队$|"
    r"\b(?:INC|LTD|LLC|CORP|CO|COMPANY|BANK|GROUP|ASSOC|STORE|SHOP)\b\.?",
    re.IGNORECASE,
)
_INDUSTRY: Final = re.compile(r"[A-T]|[A-T]?\d{2,4}")
_STATUS: Final = re.compile(r"存续|在业|在营|开业|注销|吊销|迁出|歇业|撤销")
_TYPE: Final = re.compile(
    r"有限责任公司|股份有限公司|个体工商户|个人独资|合伙企业|农民专业合作社|分公司|自然人独资|全民所有制|集体所有制"
)
_GRADE: Final = re.compile(r"[ABCDM]级?")
_DAY_FIRST_OR_MONTH: Final = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}(?: .*)?")
_CODE_LIKE: Final = re.compile(r"(?=.*[0-9０-９])[^\u4e00-\u9fff]{6,40}")
_ORG_CODE: Final = re.compile(r"[0-9A-Z]{8}-?[0-9X]")


@dataclass(frozen=True)
class Content:
    """A column by its values (列内容): shares of the values that are not empty."""

    values: tuple[str, ...]
    rows: int

    @classmethod
    def of(cls, sample: Sequence[str | None]) -> "Content":
        """The content of a sample with its empty values (由样本)."""
        values = [x for x in sample if x is not None]
        return cls(tuple(values[:_LOOKED_AT]), len(sample))

    def share(self, holds: Callable[[str], object]) -> float:
        """The share of values for which it holds (占比); 0 without values."""
        return sum(bool(holds(x)) for x in self.values) / len(self.values) if self.values else 0.0

    @cached_property
    def hashed(self) -> float:
        """Share of values that are digests, not words (散列值占比)."""
        return self.share(_HEX.fullmatch)

    @cached_property
    def uscc(self) -> float:
        """Share of values in the form of a credit code (信用代码占比)."""
        return self.share(lambda x: check_uscc(x).verdict is not CodeVerdict.INVALID_FORMAT)

    @cached_property
    def old_number(self) -> float:
        """Share of values that are old registration numbers (注册号占比)."""
        return self.share(lambda x: len(x) == 15 and check_registration_number(x).verdict is CodeVerdict.VALID)

    @cached_property
    def organisation_code(self) -> float:
        """Share of values in the form of an organisation code (组织机构代码占比)."""
        return self.share(_ORG_CODE.fullmatch)

    @cached_property
    def firm_name(self) -> float:
        """Share of values that look like names of firms (企业名称占比)."""
        return self.share(lambda x: len(x) > 2 and _ORGANISATION.search(x))

    @cached_property
    def wordy(self) -> float:
        """Share of values with letters or characters in them (文字占比)."""
        return self.share(lambda x: any(c.isalpha() for c in x))

    @cached_property
    def region(self) -> float:
        """Share of values that are a region (行政区划占比)."""
        return self.share(lambda x: is_region(region_code(x) or ""))

    @cached_property
    def flag(self) -> float:
        """Share of values that are whole numbers or yes and no (标志占比)."""
        return self.share(lambda x: re.fullmatch(r"\d{1,12}(?:\.\d+)?|[是否有无YNyn]", x))

    def fits(self, field: Field, *, unit: str | None) -> float:
        """How well the values fit a field (与字段相符程度): 1 well, 0 not at all; 0.9 where there are no values."""
        if not self.values:
            return 0.9
        if field.reading in (Reading.DAY, Reading.AMOUNT, Reading.COUNT, Reading.YEAR, Reading.FLAG):
            return self._readable(field, unit)
        measure = {
            "uscc": self.share(_CODE_LIKE.fullmatch) if self.hashed < 0.5 else 0.0,
            "name": self.wordy if self.hashed < 0.5 else 0.0,
            "register_no": self.share(lambda x: len(x) <= 64),
            "region_code": self.share(region_code),
            "credit_grade": self.share(lambda x: len(x) <= 4),
            "industry_code": 0.7 + 0.3 * self.share(lambda x: _INDUSTRY.fullmatch(x) or industry_section(x)),
        }
        return measure.get(field.name, 1.0)

    def _readable(self, field: Field, unit: str | None) -> float:
        found = ColumnReader(field, unit=unit).read(pa.array(self.values, pa.string()))
        if found.problems is None:
            return 1.0
        stated_later = np.array([bool(_DAY_FIRST_OR_MONTH.fullmatch(x)) for x in self.values]) & (field.reading is Reading.DAY)
        unread = (found.problems > 0) & (found.problems != Problem.TWO_DIGIT_YEAR) & ~stated_later
        return 1.0 - float(unread.mean())

    def field_alone(self) -> tuple[str, float] | None:
        """The field that the values alone tell (仅凭内容识别), with how sure that is."""
        measures = (
            ("uscc", self.uscc, 0.9), ("register_no", self.old_number, 0.8), ("status", self.share(_STATUS.search), 0.8),
            ("entity_type", self.share(_TYPE.fullmatch) or self.share(_TYPE.match), 0.75), ("name", self._names_only(), 0.7),
            ("region_code", self.share(lambda x: len(x) == 6 and is_region(x)), 0.7),
            ("industry_code", self.share(re.compile(r"[A-T]\d{4}").fullmatch), 0.7),
            ("credit_grade", self.share(_GRADE.fullmatch) if len(set(self.values)) > 2 else 0.0, 0.5),
        )  # fmt: skip
        return next(((name, weight) for name, share, weight in measures if share >= 0.8), None)

    def _names_only(self) -> float:
        return self.share(lambda x: re.search(r"(?:公司|合作社|经营部|商行|商店|工厂|个体工商户|家庭农场|合伙\))", x))
