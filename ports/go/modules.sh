# Sourced by the other scripts: prepares module files below a folder, so that
# nothing in the source tree is written.
#
#   modules WORK NAME DIR
#
# makes WORK/NAME.mod for the module in DIR, from Debian's source packages if
# they are there and from the module proxy if not, and sets the environment for
# it. It fails if there is neither.
modules() {
	unset GOPROXY GONOSUMDB GOSUMDB
	export GOTOOLCHAIN=local GOFLAGS="-mod=mod -modfile=$1/$2.mod"
	if [ "$2" = redisfeed ]; then
		sh "$3/modfile.sh" "$1" 2>/dev/null && offline=1 || offline=0
	else
		sh modfile.sh "$1/$2.mod" 2>/dev/null && offline=1 || offline=0
	fi
	if [ "$offline" = 1 ]; then
		export GOPROXY=off GONOSUMDB='*' GOSUMDB=off
		return 0
	fi
	cp "$3/go.mod" "$1/$2.mod"
	if [ "$3" != . ]; then
		printf '\nreplace cloakroom.dev/go/cloakroom => %s\n' "$(pwd)" >>"$1/$2.mod"
	fi
	(cd "$3" && go mod download)
}
