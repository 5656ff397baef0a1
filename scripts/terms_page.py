"""Write docs/terms.md from the package terms (术语表生成): every word with its value, in both languages."""

import sys
from pathlib import Path

from huoshui import terms

HEAD = """# Terms (术语)

Made from `src/huoshui/terms/` by `make terms`; edit the words there. The value is what stands in files and in JSON.
"""


def render() -> str:
    """The page as Markdown (术语表)."""
    words = (x for x in terms.Term.__subclasses__() if x.__module__.startswith(f"{terms.__name__}."))
    return HEAD + "".join(_section(x) for x in words)


def _section(words: type[terms.Term]) -> str:
    first_line = (words.__doc__ or words.__name__).partition("\n")[0]
    rows = "".join(f"| `{x.value}` | {x.zh} | {x.en} |\n" for x in words)
    return f"\n## {words.__name__}\n\n{first_line}\n\n| value | 中文 | English |\n|---|---|---|\n{rows}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(), encoding="utf-8")
    print(f"wrote {sys.argv[1]}")
