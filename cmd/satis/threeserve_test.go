// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/seal"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// deaf stands between a server and its database and cuts whatever asks to be notified: the
// server behind it hears of no new policy.
func deaf(t *testing.T, database string) (address string, cuts func() int) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	behind := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var mu sync.Mutex
	count := 0
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				d, err := net.Dial("tcp", behind)
				if err != nil {
					return
				}
				defer d.Close()
				go func() { io.Copy(c, d); c.Close() }()
				for part := make([]byte, 32<<10); ; {
					n, err := c.Read(part)
					if bytes.Contains(part[:n], []byte("LISTEN")) {
						mu.Lock()
						count++
						mu.Unlock()
						return
					}
					if _, werr := d.Write(part[:n]); err != nil || werr != nil {
						return
					}
				}
			}()
		}
	}()
	u.Host = l.Addr().String()
	return u.String(), func() int { mu.Lock(); defer mu.Unlock(); return count }
}

// startServe starts a real `satis serve` and waits until it is ready.
func startServe(t *testing.T, flags []string) string {
	t.Helper()
	errs, ended := &notes{}, make(chan struct{})
	cmd := exec.Command(program, append([]string{"--log-format", "json", "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "off"}, flags...)...)
	cmd.Stderr = errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			cmd.Process.Kill()
			<-ended
		}
	})
	until(t, 30*time.Second, "a server to be ready", func() bool {
		r, err := http.Get(errs.url() + "/readyz")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
	return errs.url()
}

// span is when something began and when its end was known.
type span struct{ begin, end time.Duration }

// turn is a right given or taken, reading a request that was let in or not.
type turn struct {
	span
	allowed bool
}
type reading struct {
	span
	server  int
	allowed bool
}

// subject is somebody whose right to read comes and goes.
type subject struct {
	name    string
	tokens  []string
	give    func(context.Context) error
	take    func(context.Context) error
	mu      sync.Mutex
	turns   []turn
	read    []reading
	unsure  int
	strange map[int]int
}

// illegal counts the readings that no order of events explains. Turns follow each other; one
// took effect at the latest when it was acknowledged, or when a reading that was answered
// before saw it. A reading may see what held when it began and what changed until it ended.
func (s *subject) illegal() (wrong []string, checked int) {
	turns := slices.Clone(s.turns)
	for i := range turns[1:] {
		for _, r := range s.read {
			if r.allowed == turns[i+1].allowed && r.begin >= turns[i].end && r.end < turns[i+1].end {
				turns[i+1].end = r.end
			}
		}
	}
	for _, r := range s.read {
		legal, known := false, false
		for _, t := range slices.Backward(turns) {
			if t.begin > r.end {
				continue
			}
			if known = true; t.allowed == r.allowed {
				legal = true
			}
			if t.end <= r.begin {
				break
			}
		}
		if known {
			checked++
		}
		if known && !legal {
			wrong = append(wrong, fmt.Sprintf("%s: server %d at %v–%v: allowed %v", s.name, r.server, r.begin, r.end, r.allowed))
		}
	}
	return wrong, checked
}

// effects are how long after a turn began each server first answered by it.
func (s *subject) effects(servers int) (out []time.Duration) {
	for i, t := range s.turns[:len(s.turns)-1] {
		for server := range servers {
			first := time.Duration(-1)
			for _, r := range s.read {
				if r.server == server && r.allowed == t.allowed && r.begin >= t.begin && r.end < s.turns[i+1].begin && (first < 0 || r.end < first) {
					first = r.end
				}
			}
			if first >= 0 && i > 0 {
				out = append(out, max(0, first-t.end))
			}
		}
	}
	return out
}

// The check finds what it is for: each of these readings alone contradicts the turns.
func TestReadingsAreJudged(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	at := func(begin, end int) span { return span{ms(begin), ms(end)} }
	turns := []turn{{at(0, 0), true}, {at(10, 20), false}, {at(50, 60), true}}
	for name, tc := range map[string]struct {
		read []reading
		bad  int
	}{
		"before":                   {[]reading{{at(1, 5), 0, true}}, 0},
		"refused before":           {[]reading{{at(1, 5), 0, false}}, 1},
		"during, either":           {[]reading{{at(12, 15), 0, true}, {at(12, 16), 1, false}}, 0},
		"let in after":             {[]reading{{at(21, 25), 0, true}}, 1},
		"refused after a grant":    {[]reading{{at(61, 65), 2, false}}, 1},
		"began before, ends after": {[]reading{{at(5, 30), 0, true}}, 0},
		"seen by another already":  {[]reading{{at(11, 13), 0, false}, {at(14, 16), 1, true}}, 1},
	} {
		s := subject{turns: turns, read: tc.read}
		if wrong, checked := s.illegal(); len(wrong) != tc.bad || checked != len(tc.read) {
			t.Errorf("%s: %d checked, %v", name, checked, wrong)
		}
	}
}

// Three servers on one database, one of which hears of no policy, answer while a role is
// taken and given and an organisation shut out and let in: no request that began after a
// right was taken is let in, none after it was given is refused, by any of them.
func TestThreeServers(t *testing.T) {
	h := newHost(t)
	master, err := seal.LoadMaster(h.flags[5])
	if err != nil {
		t.Fatal(err)
	}
	host := service.New(service.Config{DB: h.env.DB, Master: master}).Host()
	subjects := comeAndGo(t, host)
	cut, cuts := deaf(t, h.env.URL)
	servers := []string{startServe(t, h.flags), startServe(t, h.flags), startServe(t, append([]string{"--database-url", cut}, h.flags[2:]...))}

	start := time.Now()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	var all sync.WaitGroup
	for _, s := range subjects {
		all.Go(func() { s.keepTurning(t, ctx, start) })
		for i, token := range s.tokens {
			all.Go(func() { s.keepReading(ctx, start, i%len(servers), servers[i%len(servers)], token) })
		}
	}
	enough := func() bool {
		for _, s := range subjects {
			s.mu.Lock()
			n, k := len(s.read), len(s.turns)
			s.mu.Unlock()
			if n < 1500 || k < 30 {
				return false
			}
		}
		return true
	}
	for !enough() && ctx.Err() == nil {
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	all.Wait()
	total := 0
	var took []time.Duration
	for _, s := range subjects {
		wrong, checked := s.illegal()
		for _, w := range wrong[:min(len(wrong), 10)] {
			t.Error(w)
		}
		if len(s.strange) != 0 || s.unsure > len(s.read)/20 {
			t.Errorf("%s: %d answers were neither yes nor no; others %v", s.name, s.unsure, s.strange)
		}
		total += checked
		took = append(took, s.effects(len(servers))...)
		t.Logf("%s: %d requests against %d turns, %d without an answer, %d wrong", s.name, checked, len(s.turns), s.unsure, len(wrong))
	}
	if total < 2000 || cuts() == 0 || len(took) == 0 {
		t.Fatalf("%d requests checked, %d notifications cut, %d effects measured", total, cuts(), len(took))
	}
	slices.Sort(took)
	t.Logf("%d interleavings in %v; from the acknowledgement to the first answer by it, on each of three servers: median %v, max %v over %d; LISTEN cut %d times",
		total, time.Since(start).Round(time.Millisecond), took[len(took)/2].Round(10*time.Microsecond), took[len(took)-1].Round(10*time.Microsecond), len(took), cuts())
}

// comeAndGo makes two people: one whose role comes and goes, one whose organisation does.
func comeAndGo(t *testing.T, host service.Host) []*subject {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	lead, err := host.CreateTenant(ctx, service.NewTenant{NetworkName: "Rete", Kind: tenant.LeadAgency, Name: "Capofila"})
	must(err)
	make := func(name string) (postgres.Tenant, tenant.UserID, []string) {
		of, err := host.CreateTenant(ctx, service.NewTenant{Network: lead.Network, Kind: tenant.ImplementingEntity, Name: name})
		must(err)
		user, err := host.PutUser(ctx, service.NewUser{Email: name + "@example.org", Name: "Prova", Password: goodPassword, Tenant: of.ID, Roles: []tenant.Role{tenant.Operator, tenant.EntityAdmin}})
		must(err)
		var tokens []string
		for i := range 12 {
			token, err := host.IssueToken(ctx, of.ID, user, fmt.Sprint(i), time.Hour)
			must(err)
			tokens = append(tokens, token)
		}
		return of, user, tokens
	}
	one, ada, adas := make("uno")
	two, _, bice := make("due")
	return []*subject{
		{name: "role", tokens: adas, strange: map[int]int{},
			give: func(ctx context.Context) error {
				_, err := host.PutUser(ctx, service.NewUser{Email: "uno@example.org", Tenant: one.ID, Roles: []tenant.Role{tenant.Operator}})
				return err
			},
			take: func(ctx context.Context) error { return host.TakeRole(ctx, one.ID, ada, tenant.Operator) }},
		{name: "organisation", tokens: bice, strange: map[int]int{},
			give: func(ctx context.Context) error { return host.SetTenantStatus(ctx, two.ID, "active") },
			take: func(ctx context.Context) error { return host.SetTenantStatus(ctx, two.ID, "suspended") }},
	}
}

// keepTurning gives and takes in turn until ctx ends. The first entry is what held before.
func (s *subject) keepTurning(t *testing.T, ctx context.Context, start time.Time) {
	s.mu.Lock()
	s.turns = []turn{{allowed: true}}
	s.mu.Unlock()
	for allowed := false; ctx.Err() == nil; allowed = !allowed {
		do := s.take
		if allowed {
			do = s.give
		}
		begin := time.Since(start)
		if err := do(context.WithoutCancel(ctx)); err != nil {
			t.Errorf("%s: %v", s.name, err)
			return
		}
		s.mu.Lock()
		s.turns = append(s.turns, turn{span{begin, time.Since(start)}, allowed})
		s.mu.Unlock()
		time.Sleep(120 * time.Millisecond)
	}
}

// keepReading asks one server until ctx ends.
func (s *subject) keepReading(ctx context.Context, start time.Time, server int, at, token string) {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for ctx.Err() == nil {
		r, err := http.NewRequest(http.MethodGet, at+"/api/v1/persons", http.NoBody)
		if err != nil {
			return
		}
		r.Header.Set("Authorization", "Bearer "+token)
		begin := time.Since(start)
		a, err := client.Do(r)
		if err != nil {
			continue
		}
		io.Copy(io.Discard, a.Body)
		a.Body.Close()
		end := time.Since(start)
		s.mu.Lock()
		switch a.StatusCode {
		case http.StatusOK, http.StatusUnauthorized, http.StatusForbidden:
			s.read = append(s.read, reading{span{begin, end}, server, a.StatusCode == http.StatusOK})
		case http.StatusServiceUnavailable: // the policy moved faster than it could be read
			s.unsure++
		default:
			s.strange[a.StatusCode]++
		}
		s.mu.Unlock()
		time.Sleep(10 * time.Millisecond)
	}
}
