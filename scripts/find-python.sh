#!/bin/sh
# Prints the Python that the virtual environment is made with: $PYTHON, or the first one found of a version that fits.
set -eu
for python in ${PYTHON:-python3.11 python3 python3.12 python3.13}; do
    if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1; then
        command -v "$python"
        exit 0
    fi
done
echo "huoshui needs Python 3.11, 3.12 or 3.13; found none (tried: ${PYTHON:-python3.11 python3 python3.12 python3.13})." >&2
exit 1
