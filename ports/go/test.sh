#!/bin/sh
# Checks format, vet and all tests of the port and of its engine for Redis.
# Arguments go to the conformance tests: -million computes the long hash too.
#
# It needs Go 1.19 or later; the libraries come from Debian's packages
# golang-golang-x-crypto-dev and golang-github-gomodule-redigo-dev, or from the
# module proxy. What is missing is skipped, or fails if CI is true.
set -eu
cd "$(dirname "$0")"
skipped() {
	echo "SKIPPED: $*" >&2
	if [ "${CI:-}" = true ]; then
		exit 1
	fi
}
if ! command -v go >/dev/null; then
	skipped "the whole port to Go: go is not installed"
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. ./modules.sh
echo "go: $(go version)"
unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
	echo "gofmt: $unformatted" >&2
	exit 1
fi
if ! modules "$work" cloakroom .; then
	skipped "the whole port to Go: neither golang-golang-x-crypto-dev nor a module proxy"
	exit 0
fi
if [ -z "${CLOAKROOM_TOKEN:-}" ]; then
	skipped "the token of another implementation: CLOAKROOM_TOKEN is not given"
fi
# A path of one machine in a go.mod is a module that builds nowhere else.
if grep -n replace go.mod */go.mod; then
	echo "a go.mod holds replace; modfile.sh and modules.sh write it into a copy" >&2
	exit 1
fi
echo "go: vet and tests of the module"
go vet ./...
go test -count=1 . ./payload ./feed ./edge ./cmd/... ./examples/... ./internal/clk1
go test -count=1 -v ./internal/conformance "$@"
if ! modules "$work" redisfeed redisfeed; then
	skipped "the engine for Redis: neither golang-github-gomodule-redigo-dev nor a module proxy"
	exit 0
fi
echo "go: vet and tests of the engine for Redis"
cd redisfeed
go vet ./...
go test -count=1 -v ./... >"$work/log" || {
	cat "$work/log"
	exit 1
}
grep -E '^(ok|FAIL|--- |SKIP|    .*SKIPPED)' "$work/log"
if grep -q '^--- SKIP' "$work/log"; then
	skipped "tests against Redis: redis-server is not installed"
fi
echo "go: done"
