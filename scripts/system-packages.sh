#!/bin/sh
# Sees to what the system must bring, where that is possible (as root on Debian or Ubuntu), and says in one line what is
# missing where it is not.
#   scripts/system-packages.sh venv PYTHON    Python's venv module; without it nothing can be set up
#   scripts/system-packages.sh java           Java for Spark; without it the Spark tests are skipped
#   scripts/system-packages.sh chromium       Chromium and Chinese typefaces; without it the browser tests are skipped
#   scripts/system-packages.sh openmp         the OpenMP library of LightGBM; without it no model can be trained
#   scripts/system-packages.sh poppler        pdftoppm; without it the tests do not read posters back
set -eu

install() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        return 1
    fi
    echo "== system: installing $*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -o DPkg::Lock::Timeout=600 -qq update || true
    apt-get -o DPkg::Lock::Timeout=600 -qq install -y --no-install-recommends "$@" >/dev/null
}

case "$1" in
venv)
    if "$2" -c 'import ensurepip, venv' 2>/dev/null || { install python3-venv && "$2" -c 'import ensurepip, venv' 2>/dev/null; }; then
        exit 0
    fi
    echo "huoshui: $2 has no venv module; on Debian or Ubuntu install it with: apt-get install python3-venv" >&2
    exit 1
    ;;
java)
    if [ -x "${JAVA_HOME:-/nowhere}/bin/java" ] || java -version >/dev/null 2>&1 || install openjdk-17-jre-headless; then
        exit 0
    fi
    echo "== system: Java is missing and cannot be installed here: the Spark tests are skipped (Debian: openjdk-17-jre-headless)"
    ;;
chromium)
    if { [ -x /usr/bin/chromium ] && fc-list :lang=zh 2>/dev/null | grep -q .; } || install chromium fonts-noto-cjk; then
        exit 0
    fi
    echo "== system: Chromium is missing and cannot be installed here: the browser tests are skipped (Debian: chromium fonts-noto-cjk)"
    ;;
openmp)
    if ldconfig -p 2>/dev/null | grep -q libgomp || [ "$(uname)" != Linux ] || install libgomp1; then
        exit 0
    fi
    echo "== system: libgomp is missing and cannot be installed here: models cannot be trained (Debian: libgomp1)"
    ;;
poppler)
    if { command -v pdftoppm && command -v pdftotext; } >/dev/null || install poppler-utils; then
        exit 0
    fi
    echo "== system: poppler is missing and cannot be installed here: posters are not read back (Debian: poppler-utils)"
    ;;
*)
    echo "usage: scripts/system-packages.sh venv PYTHON | java | chromium | openmp | poppler" >&2
    exit 2
    ;;
esac
