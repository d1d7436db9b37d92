#!/bin/sh
# Installs what the tests need into .venv beside this file and runs all of them.
#
# Needs python3 (3.9 or later) with venv, and redis-server. On Debian:
#     apt-get install python3 python3-venv redis-server
# Without python3 everything is skipped, without redis-server the feeds over Redis are; under CI=true
# either is a failure. PYTHON names another interpreter, CLOAKROOM_VECTORS another folder of vectors.
set -eu
case $0 in */*) cd "${0%/*}" ;; esac

missing() {
    echo "SKIPPED: $1; the Python port is NOT tested" >&2
    [ "${CI:-}" = true ] && exit 1
    exit 0
}

python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 || missing "$python not found"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' || missing "Python 3.9 or later is needed"
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing "$python has no venv (apt-get install python3-venv)"

run() {
    echo "== $*"
    "$@"
}

if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    rm -rf .venv
    run "$python" -m venv .venv
fi
export PIP_DISABLE_PIP_VERSION_CHECK=1
run .venv/bin/python -m pip install --quiet --editable '.[dev]'
run .venv/bin/python -m mypy
run .venv/bin/python -W error::ResourceWarning -m unittest
run .venv/bin/python -m tools regenerate --out .venv/regenerated
for file in .venv/regenerated/*.json; do
    cmp "$file" "${CLOAKROOM_VECTORS:-../../vectors}/${file##*/}"
done
echo "== the Python port passed"
