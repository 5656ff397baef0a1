#!/bin/sh
# Runs the virtual environment's uv with the registry that this machine's owner chose for pip, if any: uv does not read
# pip's settings, and no registry's address stands in this repository.    usage: scripts/uv.sh VENV ARGUMENTS...
set -eu
bin="$1/bin"
shift

# A setting of pip, from the environment before the files. `pip config get` misses some files, `list` does not.
setting() {
    "$bin/python" -m pip config list 2>/dev/null | sed -n -e "s/^:env:\.$1='\(.*\)'\$/\1/p" -e "s/^global\.$1='\(.*\)'\$/\1/p" | head -n 1
}

if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
    index="$(setting index-url)"
    if [ -n "$index" ]; then
        export UV_DEFAULT_INDEX="$index"
    fi
fi
if [ -z "${SSL_CERT_FILE:-}" ]; then
    certificates="$(setting cert)"
    if [ -n "$certificates" ]; then
        export SSL_CERT_FILE="$certificates"
    fi
fi
exec "$bin/uv" "$@"
