#!/bin/sh
# Checks format, vet and all tests without a network. Arguments go to the
# conformance tests: -million computes the long hash too.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sh modfile.sh "$work/go.mod"
export GOFLAGS="-mod=mod -modfile=$work/go.mod" GOPROXY=off GONOSUMDB='*' GOSUMDB=off GOTOOLCHAIN=local
unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
	echo "gofmt: $unformatted" >&2
	exit 1
fi
go vet ./...
go test -count=1 . ./payload ./cmd/... ./internal/clk1
go test -count=1 -v ./internal/conformance "$@"
