"""Compile the C kernels with the zig that comes from the package registry (内核编译); the rest stands in pyproject.toml."""

import platform
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

ADAPTERS = "src/huoshui/adapters"
LIBRARIES = {
    "registers._kernels": ["registers/kernels.c", "registers/names.c"],
    "registers._records": ["registers/records.c", "registers/plain_values.c", "registers/gb18030.c"],
    "features._fold": ["features/fold.c"],
}
HEADERS = ["registers/text.h"]
SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
# A wheel must run on machines other than the one that built it: the second x86-64 level is on every server since 2009.
CPU = "x86_64_v2" if platform.machine().lower() in {"x86_64", "amd64"} else "baseline"
FLAGS = ["-std=c11", "-Wall", "-Wextra", "-O3", "-fvisibility=hidden", "-shared", "-s"]


class BuildKernels(build_ext):
    """Compile plain C that ctypes loads, so that one build serves every Python (编译内核)."""

    def get_ext_filename(self, fullname: str) -> str:
        """Where the library goes, without the interpreter's tag in its name (库文件名)."""
        return str(Path(*fullname.split("."))) + SUFFIX

    def build_extension(self, ext: Extension) -> None:
        """Compile one library (编译一个库); a failing compiler stops the build."""
        library = Path(self.get_ext_fullpath(ext.name))
        library.parent.mkdir(parents=True, exist_ok=True)
        position = [] if sys.platform == "win32" else ["-fPIC"]
        command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, *position, f"-mcpu={CPU}"]
        subprocess.run([*command, "-o", str(library), *ext.sources], check=True)


class AnyPythonWheel(bdist_wheel):
    """A wheel for one platform and every Python 3 (平台轮子)."""

    def get_tag(self) -> tuple[str, str, str]:
        """Keep only the platform of the tag (轮子标签)."""
        return "py3", "none", super().get_tag()[2]


setup(
    ext_modules=[
        Extension(
            f"huoshui.adapters.{name}",
            [f"{ADAPTERS}/{source}" for source in sources],
            depends=[f"{ADAPTERS}/{header}" for header in HEADERS],
        )
        for name, sources in LIBRARIES.items()
    ],
    cmdclass={"build_ext": BuildKernels, "bdist_wheel": AnyPythonWheel},
)
