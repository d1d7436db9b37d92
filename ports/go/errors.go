package cloakroom

import (
	"errors"
	"fmt"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

// Errors to test for with [errors.Is].
var (
	// ErrRejected matches every rejection of a token or session. The client
	// gets one constant answer with status 401.
	ErrRejected = errors.New("cloakroom: session rejected")

	// ErrInvalid matches a rejection of something that is not an authentic
	// token of this configuration.
	ErrInvalid = errors.New("cloakroom: invalid token")

	// The other rejections concern authentic tokens.
	ErrWrongSchema = errors.New("cloakroom: wrong payload schema")
	ErrNotYet      = errors.New("cloakroom: session not yet valid")
	ErrExpired     = errors.New("cloakroom: session expired")
	ErrIdle        = errors.New("cloakroom: session idle for too long")
	ErrRevoked     = errors.New("cloakroom: session revoked")

	// ErrUnavailable matches the result when the server lacks what it needs
	// to decide. It is neither acceptance nor rejection; the client gets
	// status 503, never 401.
	ErrUnavailable = errors.New("cloakroom: unavailable")

	// ErrRefused matches refusals of what operator or application supplied:
	// a key, a ring file, a configuration, a request to issue.
	ErrRefused = errors.New("cloakroom: refused")
)

// Rejection is the error for every token and session that is not accepted. Its
// message is constant, so that it can reach the network without telling the
// reasons apart; they are for logs only.
type Rejection struct {
	stage  clk1.Stage
	reason string
	class  error
}

// Error returns the same message for every rejection.
func (r *Rejection) Error() string { return ErrRejected.Error() }

// Is makes the rejection match ErrRejected and the error of its class.
func (r *Rejection) Is(target error) bool { return target == ErrRejected || target == r.class }

// Stage names the check that failed, for logs and counters: text, key, tag,
// nonce, claims, schema, time or revoked. It must not be given to the client.
func (r *Rejection) Stage() string { return string(r.stage) }

// Reason is not-yet, expired or idle at the stage time, and empty otherwise.
func (r *Rejection) Reason() string { return r.reason }

// Rejections carry no detail of the token, so one value serves all.
var (
	rejectText    = &Rejection{stage: clk1.StageText, class: ErrInvalid}
	rejectKey     = &Rejection{stage: clk1.StageKey, class: ErrInvalid}
	rejectTag     = &Rejection{stage: clk1.StageTag, class: ErrInvalid}
	rejectNonce   = &Rejection{stage: clk1.StageNonce, class: ErrInvalid}
	rejectClaims  = &Rejection{stage: clk1.StageClaims, class: ErrInvalid}
	rejectSchema  = &Rejection{stage: clk1.StageSchema, class: ErrWrongSchema}
	rejectNotYet  = &Rejection{stage: clk1.StageTime, reason: "not-yet", class: ErrNotYet}
	rejectExpired = &Rejection{stage: clk1.StageTime, reason: "expired", class: ErrExpired}
	rejectIdle    = &Rejection{stage: clk1.StageTime, reason: "idle", class: ErrIdle}
	rejectRevoked = &Rejection{stage: clk1.StageRevoked, class: ErrRevoked}
)

// detailed is an error of a class with a message of its own.
type detailed struct {
	class error
	text  string
	cause error
}

func (e *detailed) Error() string {
	text := e.class.Error() + ": " + e.text
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

func (e *detailed) Is(target error) bool { return target == e.class }
func (e *detailed) Unwrap() error        { return e.cause }

func refuse(format string, args ...any) error {
	return &detailed{class: ErrRefused, text: fmt.Sprintf(format, args...)}
}

func unavailable(text string, cause error) error {
	return &detailed{class: ErrUnavailable, text: text, cause: cause}
}
