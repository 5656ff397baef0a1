"""What a full run keeps for the next night while it writes its result (全量状态写出): text and verdicts as they go by."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from huoshui.adapters.registers.kernels import Ints
from huoshui.adapters.registers.screening.kept_near import write_near
from huoshui.adapters.registers.screening.kept_state import near_path, prefix, write_links
from huoshui.adapters.registers.screening.kept_text import TextWriter
from huoshui.adapters.registers.screening.kept_verdicts import VerdictWriter
from huoshui.adapters.registers.screening.linking import Linked
from huoshui.adapters.registers.screening.verdicts import Fields, records_of


class FullStateWriter:
    """Writes the rest of a full run's segment, whose tables the pipeline wrote (全量状态写出器)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._text = TextWriter(folder, prefix=prefix(0))
        self._verdicts = VerdictWriter(folder, prefix=prefix(0))

    def see(self, text: pa.Table, found: Fields) -> None:
        """Keep the text and the records of some screened rows (存入)."""
        self._text.add(text, rows=found["row"], region=found["region"])
        self._verdicts.add(records_of(found))

    def finish(self, linked: Mapping[str, Linked], *, firm_rows: Mapping[str, Ints]) -> int | None:
        """Keep what was linked (写入完毕); returns the last row id, or None where row ids do not rise."""
        self._text.close()
        self._verdicts.close()
        write_links(self._folder, linked, firm_rows=firm_rows)
        write_near(near_path(self._folder, 0), linked)
        return self._text.last_id
