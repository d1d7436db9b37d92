#!/bin/sh
# Measures the speed against HS256 tokens, without a network. The JWT library
# is taken from $GOLANG_JWT, by default where Debian's package
# golang-github-golang-jwt-jwt-dev puts it.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sh modfile.sh "$work/go.mod" bench
{
	echo
	echo "replace github.com/golang-jwt/jwt/v4 => ${GOLANG_JWT:-/usr/share/gocode/src/github.com/golang-jwt/jwt}"
} >>"$work/go.mod"
export GOFLAGS="-mod=mod -modfile=$work/go.mod" GOPROXY=off GONOSUMDB='*' GOSUMDB=off GOTOOLCHAIN=local
cd bench
go vet .
go run . "$@"
