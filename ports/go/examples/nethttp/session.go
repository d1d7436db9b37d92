package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"cloakroom.dev/go/cloakroom"
)

const (
	cookieName = "__Host-session"
	cookieLine = cookieName + "=%s; Path=/; Max-Age=%d; Secure; HttpOnly; SameSite=Lax"
	// So much of the 4096 bytes of a cookie is left for the token.
	maxToken = 4096 - len(cookieLine) + len("%s%d") - len("4294967295")
)

// The scheme of Authorization, and what may follow Bearer: RFC 9110, RFC 6750.
var (
	schemeForm = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	tokenForm  = regexp.MustCompile("^[A-Za-z0-9._~+/-]+=*$")
)

// bearerToken reads an Authorization header. Another scheme is no bearer; what
// is neither is one without a token: a garbled bearer must not fall back to the
// cookie.
func bearerToken(header string) (token string, bearer bool) {
	scheme, token, _ := strings.Cut(strings.Trim(header, " \t"), " ")
	if !schemeForm.MatchString(scheme) {
		return "", true
	}
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	token = strings.TrimLeft(token, " ")
	if !tokenForm.MatchString(token) {
		return "", true
	}
	return token, true
}

// credential returns the token of a request, and whether it came in a header.
// A bearer header wins over the cookie, two of either are none.
func credential(r *http.Request) (token string, bearer bool) {
	if headers := r.Header.Values("Authorization"); len(headers) > 1 {
		return "", true
	} else if len(headers) == 1 {
		if token, bearer := bearerToken(headers[0]); bearer {
			return token, true
		}
	}
	found := 0
	for _, header := range r.Header.Values("Cookie") {
		for _, pair := range strings.Split(header, ";") {
			name, value, _ := strings.Cut(pair, "=")
			if strings.Trim(name, " \t") == cookieName {
				token = strings.Trim(value, " \t")
				found++
			}
		}
	}
	if found != 1 {
		return "", false
	}
	return token, false
}

type contextKey struct{}

// Current returns the session of a request that passed Require.
func Current(r *http.Request) *cloakroom.Session {
	session, _ := r.Context().Value(contextKey{}).(*cloakroom.Session)
	return session
}

// Require lets only requests with a live session through. A session in a
// cookie is renewed when that is due.
func Require(sessions *cloakroom.Sessions, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, bearer := credential(r)
		if !bearer && !sameOrigin(r) {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		session, err := sessions.Verify(token)
		if err != nil {
			reject(w, err, bearer)
			return
		}
		if !bearer {
			w = &renewer{ResponseWriter: w, sessions: sessions, session: session}
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, session)))
	})
}

// endPresented ends the session that a request presents, also by a token that
// has expired: a copy of it may have been renewed. What does not open ends
// nothing, and the client is not told.
func endPresented(sessions *cloakroom.Sessions, r *http.Request) error {
	token, _ := credential(r)
	if _, err := sessions.LogoutToken(token); !errors.Is(err, cloakroom.ErrRejected) {
		return err
	}
	return nil
}

// reject answers every token that is not accepted alike, and what could not be
// decided with 503. It touches no cookie: a newer one may be there already.
func reject(w http.ResponseWriter, err error, bearer bool) {
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case errors.Is(err, cloakroom.ErrRejected):
		if bearer {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		}
		http.Error(w, "unauthorized", http.StatusUnauthorized)
	case errors.Is(err, cloakroom.ErrUnavailable):
		http.Error(w, "unavailable", http.StatusServiceUnavailable)
	default:
		http.Error(w, "internal error", http.StatusInternalServerError)
	}
}

// setCookie sends a token, or removes the cookie if there is none.
func setCookie(w http.ResponseWriter, token string, deadline time.Time) {
	age := int64(0)
	if token != "" {
		if age = int64(time.Until(deadline) / time.Second); age < 1 {
			age = 1
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Set-Cookie", fmt.Sprintf(cookieLine, token, age))
}

// renewer adds a renewed token to a response that is no failure and does not
// carry a session cookie of its own.
type renewer struct {
	http.ResponseWriter
	sessions *cloakroom.Sessions
	session  *cloakroom.Session
	decided  bool
}

func (w *renewer) WriteHeader(status int) {
	if !w.decided && status >= 200 {
		w.decided = true
		own := false
		for _, line := range w.Header().Values("Set-Cookie") {
			own = own || strings.HasPrefix(line, cookieName+"=")
		}
		if status < 500 && !own {
			// What cannot be renewed now stays good as it is.
			if token, err := w.sessions.Renew(w.session); err == nil && token != "" {
				if renewed, err := w.sessions.Verify(token); err == nil {
					setCookie(w.ResponseWriter, token, renewed.Deadline())
				}
			}
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *renewer) Write(b []byte) (int, error) {
	if !w.decided {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap serves http.ResponseController.
func (w *renewer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// sameOrigin refuses requests that another site made a browser send.
func sameOrigin(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") || fromHere(r)
	}
	return fromHere(r)
}

func fromHere(r *http.Request) bool {
	if site, ok := r.Header["Sec-Fetch-Site"]; ok {
		return len(site) == 1 && (site[0] == "same-origin" || site[0] == "none")
	}
	origin, ok := r.Header["Origin"]
	if !ok {
		return true
	}
	u, err := url.Parse(origin[0])
	return err == nil && len(origin) == 1 && u.Host == r.Host && u.Host != ""
}
