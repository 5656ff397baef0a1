"""One thread for linear algebra (单线程线性代数): small systems are solved faster so, and the same on any number of cores.

numpy's BLAS takes its number of threads from the environment when it is loaded, which may be long before; here it is told
through the library itself. Where that is not the library that numpy comes with, nothing happens.
"""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

_SET: Final = "scipy_openblas_set_num_threads64_"
_GET: Final = "scipy_openblas_get_num_threads64_"


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra on one thread inside, on as many as before outside (限用单线程)."""
    library = _library()
    before = getattr(library, _GET)() if library is not None else 0
    if before > 1:
        getattr(library, _SET)(1)
    try:
        yield
    finally:
        if before > 1:
            getattr(library, _SET)(before)


def _library() -> Any:
    """The BLAS beside numpy, which is loaded already, or None."""
    folder = Path(np.__file__).parents[1] / "numpy.libs"
    for path in sorted(folder.glob("*openblas*")) if sys.platform == "linux" else ():
        found = ctypes.CDLL(str(path))
        if hasattr(found, _SET) and hasattr(found, _GET):
            return found
    return None
