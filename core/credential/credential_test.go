// SPDX-License-Identifier: AGPL-3.0-or-later

package credential

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"
	"pgregory.net/rapid"
)

func TestHash_verifies(t *testing.T) {
	hash, err := Hash("un girasole sul tetto")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash is %s", hash)
	}
	for password, want := range map[string]bool{
		"un girasole sul tetto":          true,
		"un girasole sul tettO":          false,
		"un girasole sul tetto ":         false,
		"":                               false,
		strings.Repeat("x", MaxLength+1): false,
	} {
		ok, rehash, err := Verify(hash, password)
		if ok != want || rehash || err != nil {
			t.Errorf("Verify(%q) = %v, %v, %v", password, ok, rehash, err)
		}
	}
	again, _ := Hash("un girasole sul tetto")
	if again == hash {
		t.Error("two hashes of one password are equal")
	}
	if _, err := Hash(strings.Repeat("x", MaxLength+1)); !errors.Is(err, ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
}

// An accent composed or not is the same letter to who types it.
func TestVerify_accents(t *testing.T) {
	hash, err := Hash("perch\u00e9 non oggi")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := Verify(hash, "perche\u0301 non oggi"); !ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
}

func TestVerify_asksForARehash(t *testing.T) {
	weak := cost{memory: 64, time: 1, threads: 1}
	salt := []byte("0123456789abcdef")
	old := phc{cost: weak, salt: salt, key: argon2.IDKey([]byte("pw"), salt, 1, 64, 1, keySize)}.String()
	if ok, rehash, err := Verify(old, "pw"); !ok || !rehash || err != nil {
		t.Errorf("right password: %v, %v, %v", ok, rehash, err)
	}
	if ok, rehash, err := Verify(old, "no"); ok || rehash || err != nil {
		t.Errorf("wrong password: %v, %v, %v", ok, rehash, err)
	}
}

func TestVerify_refusesStrangeHashes(t *testing.T) {
	good := "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
	if _, _, err := Verify(good, "x"); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	for _, hash := range []string{
		"", "$", "password",
		strings.Replace(good, "argon2id", "argon2i", 1),
		strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=64", "m=4294967295", 1), // would take the machine's memory
		strings.Replace(good, "t=1", "t=99999", 1),
		strings.Replace(good, "t=1", "t=0", 1),
		strings.Replace(good, "p=1", "p=0", 1),
		strings.Replace(good, "m=64", "m=064", 1),
		strings.Replace(good, "$MDEy", "$MDE", 1),
		good + "$", good + "=",
	} {
		if ok, _, err := Verify(hash, "x"); ok || !errors.Is(err, ErrHash) {
			t.Errorf("Verify(%q): %v, %v", hash, ok, err)
		}
	}
}

// Reading and printing a hash are each other's inverse, or it is refused.
func TestParsePHC_roundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := phc{
			cost: cost{memory: rapid.Uint32Range(128, 256*1024).Draw(rt, "m"), time: rapid.Uint32Range(1, 16).Draw(rt, "t"), threads: rapid.Uint8Range(1, 16).Draw(rt, "p")},
			salt: rapid.SliceOfN(rapid.Byte(), 8, 64).Draw(rt, "salt"),
			key:  rapid.SliceOfN(rapid.Byte(), 16, 64).Draw(rt, "key"),
		}
		got, err := parsePHC(h.String())
		if err != nil || got.String() != h.String() {
			rt.Fatalf("%s: %v", h, err)
		}
	})
}

func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZg")
	f.Fuzz(func(t *testing.T, s string) {
		if h, err := parsePHC(s); err == nil && h.String() != s {
			t.Errorf("%q reads as %q", s, h)
		}
	})
}

// An unknown user costs what a known one does. The bound is wide: it finds a missing
// computation, not a nanosecond.
func TestVerifyNothing_takesAsLong(t *testing.T) {
	hash, err := Hash("un girasole sul tetto")
	if err != nil {
		t.Fatal(err)
	}
	known := fastest(func() { Verify(hash, "x") })
	unknown := fastest(func() { VerifyNothing("x") })
	if unknown < known/3 || known < unknown/3 {
		t.Errorf("known %v, unknown %v", known, unknown)
	}
}

func fastest(f func()) time.Duration {
	best := time.Hour
	for range 5 {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return best
}

// However many sign in at once, only so many are computed.
func TestDerive_isBounded(t *testing.T) {
	for range cap(slots) {
		slots <- struct{}{}
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 3 * cap(slots) {
		wg.Go(func() { VerifyNothing("x") })
	}
	go func() { wg.Wait(); close(done) }()
	select {
	case <-done:
		t.Error("computed while every slot was taken")
	case <-time.After(200 * time.Millisecond):
	}
	for range cap(slots) {
		<-slots
	}
	<-done
}

func TestCheckStrength(t *testing.T) {
	for _, tc := range []struct {
		password, want string
	}{
		{"un girasole sul tetto", ""},
		{"kX9#vq2Lm!ze", ""},
		{"città di luce blu", ""},
		{"short", TooShort},
		{"èèèèèè", TooShort}, // twelve bytes, six characters
		{strings.Repeat("ab cd ef ", 200), TooLong},
		{"Password2026!", TooCommon},
		{"viareggio-2026", TooCommon},
		{"Qwertyuiop12", TooCommon},
		{"aaaaaaaaaaaaaaaa", TooCommon},
		{"abababababababab", TooCommon},
		{"123456789012", TooCommon},
		{"abcdefghijkl", TooCommon},
		{"zyxwvutsrqponm", TooCommon},
		{"20260101-12:30", TooCommon},
		{"maria.rossi@example.org", TooKnown},
		{"Maria.Rossi2026", TooKnown},
		{"Maria Rossi 1990", TooKnown},
	} {
		if got := CheckStrength(tc.password, "maria.rossi@example.org", "Maria Rossi", ""); got != tc.want {
			t.Errorf("CheckStrength(%.30q) = %q, want %q", tc.password, got, tc.want)
		}
	}
}

func TestTokens(t *testing.T) {
	plain, hash := NewToken()
	if !IsToken(plain) || !bytes.Equal(hash, HashToken(plain)) || len(hash) != 32 {
		t.Errorf("token %d characters, hash %d bytes", len(plain), len(hash))
	}
	other, _ := NewToken()
	if plain == other {
		t.Error("two tokens are equal")
	}
	for _, s := range []string{"", "satis_", plain[1:], plain + "A", plain[:len(plain)-1], "satis_" + strings.Repeat("!", 43)} {
		if IsToken(s) {
			t.Errorf("%q passes for a token", s)
		}
	}
	session, stored := NewSession()
	if !bytes.Equal(stored, HashSession(session)) || bytes.Equal(stored, HashToken(session)) {
		t.Error("session hash is not its own")
	}
}
