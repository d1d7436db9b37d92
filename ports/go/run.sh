#!/bin/sh
# Builds a command of the port and runs it: answer, regenerate or follow.
#
#   usage: run.sh COMMAND [ARGUMENT ...]
#
# The binary is kept in $CLOAKROOM_BUILD if that is set, and used again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
name=$1
shift
dir=${CLOAKROOM_BUILD:-}
if [ -z "$dir" ]; then
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
fi
if [ ! -x "$dir/$name" ]; then
	work=$(mktemp -d)
	(
		cd "$here"
		. ./modules.sh
		if [ "$name" = follow ]; then
			modules "$work" redisfeed redisfeed
			cd redisfeed
		else
			modules "$work" cloakroom .
		fi
		go build -o "$dir/$name" "./cmd/$name"
	)
	rm -rf "$work"
fi
"$dir/$name" "$@"
