// Package cloakroom issues and verifies encrypted login-session tokens that
// can be revoked, in the format clk1.
//
// A session is one string. It is sealed with XChaCha20-Poly1305 under a key
// derived for one purpose and audience, and the server keeps nothing but a
// small list of revocations. Verification reads no database.
//
// Begin with a [KeyRing] and a revocation view ([NewRevocations]), build a
// [Config] and make [Sessions] of it with [New]:
//
//   - [Sessions.Issue] after a login,
//   - [Sessions.Verify] on every request,
//   - [Sessions.Renew] to move the idle deadline of a session in use,
//   - [Sessions.Rotate] when privileges change,
//   - [Sessions.Logout], [Sessions.LogoutEverywhere] and others to revoke.
//
// Errors come in three classes. [ErrRejected] is the one answer to a token
// that is not accepted; its message never differs, and [Rejection] tells the
// stage to logs. [ErrUnavailable] means that the server cannot decide; answer
// 503 and not 401. [ErrRefused] is for the operator and the programmer, and
// says precisely what is wrong.
//
// Keys, sessions and tokens never appear in the output of package fmt or in
// errors. Memory that held keys or plaintexts is not erased reliably: the
// runtime may have copied it.
package cloakroom
