#!/usr/bin/env bash
# The demo in a real browser: `crates/demo/browser/test.sh`. Needs Node 20, npm and Debian's chromium
# (or CHROMIUM=/path/to/one); builds the server and installs the two packages of package-lock.json
# here, in node_modules. Screenshots end up in screenshots/. Arguments go to `node --test`.
set -euo pipefail
cd "$(dirname "$0")"

missing() {
  echo "*** NOT CHECKED: $1" >&2
  # A check that can't run has not passed.
  [ "${CI:-}" = true ] && exit 1
  exit 0
}

node -e 'process.exit(+process.versions.node.split(".")[0] >= 20 ? 0 : 1)' 2>/dev/null ||
  missing "no Node 20 or newer"
command -v npm >/dev/null || missing "no npm"
export CHROMIUM=${CHROMIUM:-$(command -v chromium || true)}
[ -x "$CHROMIUM" ] || missing "no browser: apt-get install chromium"

cargo build --locked -p demo
npm ci --ignore-scripts --no-audit --no-fund
# One file after the other: each starts a browser and a server, and one test measures a second.
node --test --test-concurrency=1 --test-timeout=900000 "$@" ./*.test.mjs
