"""Workbooks of a visit list (走访名单工作簿): one XLSX a county, for those who print it."""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.adapters.industries import industry_name
from huoshui.adapters.regions import region_name
from huoshui.adapters.registers.screening.workbook import write_workbook
from huoshui.services.screening.basis import ScreeningBasis
from huoshui.services.screening.request import ScreeningRequest

MOST_FIRMS: Final = 100_000
MOST_COUNTIES: Final = 200


class CountyBooks:
    """Writes a workbook a county (县区工作簿): all, none, or all unless there are more firms or counties than people print."""

    def __init__(self, folder: Path, *, request: ScreeningRequest, basis: ScreeningBasis, synthetic: bool) -> None:
        self._folder, self._request, self._basis, self._synthetic = folder, request, basis, synthetic
        self._wanted = False
        self.written = 0

    def choose(self, *, firms: int, counties: int) -> None:
        """Decide by the length of the list (决定是否输出)."""
        few = firms <= MOST_FIRMS and counties <= MOST_COUNTIES
        self._wanted = self._request.workbooks == "all" or (self._request.workbooks == "auto" and few)

    def write(self, city: pa.Table) -> None:
        """The workbooks of a city's counties (写出)."""
        if not self._wanted:
            return
        self._folder.mkdir(exist_ok=True)
        regions = city["region_code"].combine_chunks()
        for region in pc.unique(regions).to_pylist():
            chosen = pc.is_null(regions) if region is None else pc.equal(regions, region)
            rows = pa.array(np.flatnonzero(pc.fill_null(chosen, fill_value=False).to_numpy(zero_copy_only=False)))
            table = city.take(rows)
            name = region_name(region, language="zh") if region else "地区不明"
            path = self._folder / f"{region or 'unknown'}-{name}.xlsx"
            write_workbook(
                table,
                path=path,
                title=f"{name}无贷户走访名单",
                facts=self._facts(region, table.num_rows),
                industry_name=industry_name,
            )
            self.written += 1

    def _facts(self, region: str | None, rows: int) -> dict[str, str]:
        facts = {
            "地区": region or "不明", "筛查日": self._request.on.isoformat(), "口径": self._request.rule,
            "口径说明": self._basis.definition, "户数": f"{rows:,}",
            "依据": "；".join(dict.fromkeys(x.source for x in self._basis.citations)),
        }  # fmt: skip
        return {**facts, "synthetic": "合成数据，非真实企业"} if self._synthetic else facts
