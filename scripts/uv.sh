#!/bin/sh
# Runs the virtual environment's uv with the registry that this machine's owner chose for pip, if any: uv does not read
# pip's settings, and no registry's address stands in this repository.    usage: scripts/uv.sh VENV ARGUMENTS...
set -eu
bin="$1/bin"
shift

setting() {
    "$bin/python" -m pip config get "global.$1" 2>/dev/null || true
}

if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
    index="${PIP_INDEX_URL:-$(setting index-url)}"
    if [ -n "$index" ]; then
        export UV_DEFAULT_INDEX="$index"
    fi
fi
if [ -z "${SSL_CERT_FILE:-}" ]; then
    certificates="${PIP_CERT:-$(setting cert)}"
    if [ -n "$certificates" ]; then
        export SSL_CERT_FILE="$certificates"
    fi
fi
exec "$bin/uv" "$@"
