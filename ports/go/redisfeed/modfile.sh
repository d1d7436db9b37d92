#!/bin/sh
# Writes go.mod files for a build of this module without a network, from the
# source trees of Debian's packages.
#
#   usage: modfile.sh WORK_DIR
#
# WORK_DIR/redisfeed.mod is the result. Redigo is taken from $REDIGO, by
# default where golang-github-gomodule-redigo-dev puts it, and without what
# only its own tests need.
set -eu
work=$1
here=$(cd "$(dirname "$0")" && pwd)
redigo=${REDIGO:-/usr/share/gocode/src/github.com/gomodule/redigo}
if [ ! -d "$redigo/redis" ]; then
	echo "modfile.sh: no redigo under $redigo" >&2
	exit 1
fi
sh "$here/../modfile.sh" "$work/redisfeed.mod" "$here"
mkdir -p "$work/redigo"
cp -R "$redigo/redis" "$work/redigo/"
rm -f "$work"/redigo/redis/*_test.go
printf 'module github.com/gomodule/redigo\n\ngo 1.14\n' >"$work/redigo/go.mod"
{
	echo
	echo "replace github.com/gomodule/redigo => $work/redigo"
} >>"$work/redisfeed.mod"
