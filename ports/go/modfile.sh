#!/bin/sh
# Writes a go.mod beside the real one that takes golang.org/x/crypto and
# golang.org/x/sys from a local source tree, for building without a network.
#
#   usage: modfile.sh OUTPUT [MODULE_DIR]
#
# The tree is $GOLANG_ORG_X, by default where Debian's package
# golang-golang-x-crypto-dev puts it. The go.mod of the module stays untouched.
set -eu
out=$1
dir=${2:-$(cd "$(dirname "$0")" && pwd)}
tree=${GOLANG_ORG_X:-/usr/share/gocode/src/golang.org/x}
for name in crypto sys; do
	if [ ! -f "$tree/$name/go.mod" ]; then
		echo "modfile.sh: no golang.org/x/$name under $tree" >&2
		exit 1
	fi
done
here=$(cd "$(dirname "$0")" && pwd)
cp "$dir/go.mod" "$out"
{
	# The other modules of this folder use the one beside them.
	if [ "$(cd "$dir" && pwd)" != "$here" ]; then
		echo
		echo "replace cloakroom.dev/go/cloakroom => $here"
	fi
	echo
	echo "replace golang.org/x/crypto => $tree/crypto"
	echo
	echo "replace golang.org/x/sys => $tree/sys"
} >>"$out"
