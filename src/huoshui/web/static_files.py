"""Static files (静态文件): named by their content and compressed when collected, as they are while nobody collected them."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from whitenoise.storage import CompressedManifestStaticFilesStorage

_NAMED_BY_CONTENT: Final = re.compile(r"\.[0-9a-f]{12}\.\w+$")
_OWN: Final = "huoshui/"  # own modules import each other by their plain names
_RARE: Final = "ninja/"  # the page of the API: large, seldom opened, and slow to compress


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names files by their content (静态存储); before `huoshui serve` has collected them, by their plain name."""

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """The name with the hash, or the plain one where the file was not collected."""
        return super().stored_name(name) if self.hashed_files else name

    def url(self, name: str | None, force: bool = False) -> Any:
        """The address of a file."""
        return super().url(name, force=force)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress what pages load and what is not compressed yet."""
        hashed = [x for x in paths if _NAMED_BY_CONTENT.search(x) and not x.startswith(_RARE) and not self._is_there(x)]
        wanted = [x for x in paths if x.startswith(_OWN)] + [x for x in hashed if not x.startswith(_OWN)]
        yield from super().compress_files(wanted)

    def _is_there(self, name: str) -> bool:
        return Path(self.path(f"{name}.gz")).exists()
