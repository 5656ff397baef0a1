#!/bin/sh
# Makes the virtual environment and installs the locked packages.    usage: scripts/setup.sh VENV
set -eu
venv="$1"
here="$(dirname "$0")"

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python="$(sh "$here/find-python.sh")"
    sh "$here/system-packages.sh" venv "$python"
    echo "== setup: making $venv with $("$python" --version)"
    rm -rf "${venv:?}"
    "$python" -m venv "$venv"
fi
echo "== setup: installing uv, the package installer"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
echo "== setup: installing the locked packages (requirements/lock.txt); the first time takes a minute or two"
sh "$here/uv.sh" "$venv" pip install --python "$venv/bin/python" --require-hashes --compile-bytecode -r requirements/lock.txt
