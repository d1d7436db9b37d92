// Package clk1 holds the parts of the token format that are pure functions of
// their inputs: derivation, key texts, sealing, opening, claims. It reads no
// clock, draws no randomness and knows no policy.
package clk1

// Limits of the format, by the names of the specification.
const (
	Prefix        = "clk1."
	TokenMin      = 65
	TokenMax      = 4096
	KeyLen        = 32
	KidLen        = 4
	NonceLen      = 24
	TagLen        = 16
	Overhead      = KidLen + NonceLen + TagLen
	PlaintextMax  = 3024
	PurposeMax    = 255
	AudienceMax   = 255
	BindingMax    = 1024
	SubjectMax    = 255
	SessionIDLen  = 16
	TimeMax       = 253402300799
	GenerationMax = 1<<32 - 2
	LoggedOut     = 1<<32 - 1
	CutoffMax     = TimeMax + 1<<32
)

// Kid identifies a key. It is public.
type Kid [KidLen]byte

// Digest is the 16-byte key of a revocation record.
type Digest [16]byte
