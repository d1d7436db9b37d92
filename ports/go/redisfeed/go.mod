module cloakroom.dev/go/cloakroom/redisfeed

go 1.19

require (
	cloakroom.dev/go/cloakroom v0.1.0
	github.com/gomodule/redigo v1.8.3
	golang.org/x/crypto v0.4.0 // indirect
	golang.org/x/sys v0.3.0 // indirect
)
