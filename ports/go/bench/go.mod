module cloakroom.dev/go/cloakroom/bench

go 1.19

require (
	cloakroom.dev/go/cloakroom v0.1.0
	github.com/golang-jwt/jwt/v4 v4.4.3
	golang.org/x/crypto v0.4.0 // indirect
	golang.org/x/sys v0.3.0 // indirect
)
