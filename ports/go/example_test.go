package cloakroom_test

import (
	"errors"
	"fmt"
	"log"
	"time"

	"cloakroom.dev/go/cloakroom"
	"cloakroom.dev/go/cloakroom/payload"
)

// ringFile makes a ring file with one new key. A server reads it from disk.
func ringFile() []byte {
	key, err := cloakroom.GenerateKey()
	if err != nil {
		log.Fatal(err)
	}
	return []byte("cloakroom-ring 1\nmax-lifetime 28800\n" +
		"key " + key.Reveal() + " activate=2026-01-01T00:00:00Z # first key\n")
}

// clock keeps the examples at one moment.
func clock() time.Time { return time.Date(2027, 1, 15, 8, 0, 0, 0, time.UTC) }

func newSessions() *cloakroom.Sessions {
	ring, err := cloakroom.ParseKeyRing(ringFile(), clock())
	if err != nil {
		log.Fatal(err)
	}
	view, err := cloakroom.NewRevocations(cloakroom.RevocationOptions{})
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := cloakroom.New(cloakroom.Config{
		Keys:        ring,
		Purpose:     "session",
		Audience:    "api.example.com",
		Policy:      cloakroom.NewPolicy(30*time.Minute, 8*time.Hour),
		Revocations: view,
		Clock:       clock,
	})
	if err != nil {
		log.Fatal(err)
	}
	return sessions
}

func Example() {
	sessions := newSessions()
	token, _, err := sessions.Issue("user-42", []byte("role=editor"))
	if err != nil {
		log.Fatal(err)
	}
	session, err := sessions.Verify(token)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.Subject(), string(session.Payload()))

	if _, err := sessions.Logout(session); err != nil {
		log.Fatal(err)
	}
	_, err = sessions.Verify(token)
	fmt.Println(err, errors.Is(err, cloakroom.ErrRevoked))
	// Output:
	// user-42 role=editor
	// cloakroom: session rejected true
}

func ExampleSessions_Rotate() {
	sessions := newSessions()
	token, session, err := sessions.Issue("user-42", []byte("role=editor"))
	if err != nil {
		log.Fatal(err)
	}
	admin, err := sessions.RotateWith(session, []byte("role=admin"))
	if err != nil {
		log.Fatal(err)
	}
	_, err = sessions.Verify(token)
	fmt.Println(errors.Is(err, cloakroom.ErrRevoked))
	session, err = sessions.Verify(admin)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(session.Payload()), session.Generation())
	// Output:
	// true
	// role=admin 1
}

func ExampleSessions_Verify_binding() {
	sessions := newSessions()
	token, _, err := sessions.Issue("user-42", nil, cloakroom.Binding([]byte("device-7")))
	if err != nil {
		log.Fatal(err)
	}
	_, err = sessions.Verify(token, cloakroom.Binding([]byte("device-8")))
	fmt.Println(errors.Is(err, cloakroom.ErrInvalid))
	// Output:
	// true
}

func ExampleKeyRing_Keys() {
	ring, err := cloakroom.ParseKeyRing([]byte(`cloakroom-ring 1
max-lifetime 28800
key clkkey1.EBESExQVFhcYGRobHB0eHxAREhMUFRYXGBkaGxwdHh--Vpuc activate=2026-09-01T00:00:00Z
key clkkey1.ICEiIyQlJicoKSorLC0uLyAhIiMkJSYnKCkqKywtLi-u6uZB activate=2026-10-01T00:00:00Z # October
`), time.Date(2026, 9, 15, 0, 0, 0, 0, time.UTC))
	if err != nil {
		log.Fatal(err)
	}
	for _, k := range ring.Keys(time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)) {
		fmt.Printf("%s %s %q\n", k.Kid, k.State, k.Note)
	}
	// Output:
	// be569b9c open-only ""
	// aeeae641 sealing "October"
}

func ExampleConfig_shapes() {
	user := &payload.Type{Kind: payload.Struct, Fields: []payload.Field{
		{Name: "id", Type: &payload.Type{Kind: payload.U64}},
		{Name: "admin", Type: &payload.Type{Kind: payload.Bool}},
	}}
	ring, err := cloakroom.ParseKeyRing(ringFile(), clock())
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := cloakroom.New(cloakroom.Config{
		Keys: ring, Purpose: "session", Clock: clock, NoRevocation: true,
		Policy: cloakroom.NewPolicy(30*time.Minute, 8*time.Hour),
		Shapes: []payload.Shape{{Major: 1, Type: user}},
	})
	if err != nil {
		log.Fatal(err)
	}
	data, err := payload.Encode(user, payload.Fields{"id": uint64(42), "admin": true})
	if err != nil {
		log.Fatal(err)
	}
	token, _, err := sessions.Issue("user-42", data)
	if err != nil {
		log.Fatal(err)
	}
	session, err := sessions.Verify(token)
	if err != nil {
		log.Fatal(err)
	}
	fields := session.Value().(payload.Fields)
	fmt.Println(fields["id"], fields["admin"])
	// Output:
	// 42 true
}
