#!/bin/sh
# Everything that continuous integration needs of this port, in one command: installs from npm below
# this folder, builds, checks types, recomputes the vectors and runs all tests. Without the tools it
# says SKIPPED and ends with 0, or with 1 if CI=true. Tests against Redis start a server of their own.
set -eu
cd "$(dirname "$0")"

skip() {
  echo "SKIPPED: the JavaScript port was not tested: $1" >&2
  if [ "${CI:-}" = true ]; then exit 1; fi
  exit 0
}

command -v node >/dev/null 2>&1 || skip "node is missing"
command -v npm >/dev/null 2>&1 || skip "npm is missing"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
  skip "node $(node --version) is older than 20.19"
command -v redis-server >/dev/null 2>&1 || {
  if [ "${CI:-}" = true ]; then skip "redis-server is missing"; fi
  echo "SKIPPED: redis-server is missing, the tests over Redis do not run" >&2
}

echo "== node $(node --version), npm $(npm --version)"
echo "== npm ci"
npm ci --no-audit --no-fund --loglevel=error
echo "== build"
npm run -s build
echo "== types"
npm run -s check:types
echo "== vectors, computed anew"
node tools/regenerate.mjs --check
echo "== tests"
node --test --test-reporter=spec test/*.test.mjs
echo "== the JavaScript port passed"
