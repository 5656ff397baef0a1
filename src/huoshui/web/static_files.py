"""Static files (静态文件): named by their content and compressed when collected, as they are while nobody collected them."""

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names files by their content (静态存储); before `huoshui serve` has collected them, by their plain name."""

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """The name with the hash, or the plain one where the file was not collected."""
        return super().stored_name(name) if self.hashed_files else name

    def url(self, name: str | None, force: bool = False) -> Any:
        """The address of a file."""
        return super().url(name, force=force)
