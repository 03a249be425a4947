// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// account is a user of the demo in one organisation; who works for two has two accounts
// with the same address and password.
type account struct {
	Email      string        `json:"email"`
	Password   string        `json:"password"`
	Token      string        `json:"token"`
	Name       string        `json:"name"`
	Tenant     string        `json:"tenant"`
	TenantKind tenant.Kind   `json:"tenant_kind"`
	Roles      []tenant.Role `json:"roles"`
	TenantID   tenant.ID     `json:"tenant_id"`
	UserID     tenant.UserID `json:"user_id"`
}

// tokenLasts is how long the demo's tokens work.
const tokenLasts = 365 * 24 * time.Hour

// withTokens gives every account a token that holds: the one it has, or a new one.
func withTokens(ctx context.Context, s *service.Service, list []account) error {
	for i := range list {
		a := &list[i]
		if who, err := s.ActorByToken(ctx, a.Token); err == nil && who.User == a.UserID && who.Tenant == a.TenantID {
			continue
		} else if err != nil && !fault.Is(err, fault.Unauthenticated) {
			return err
		}
		token, err := s.Host().IssueToken(ctx, a.TenantID, a.UserID, "demo", tokenLasts)
		if err != nil {
			return fmt.Errorf("issue a token: %w", err)
		}
		a.Token = token
	}
	return nil
}

// keptAccounts takes up the accounts of the start before. Where demo.json is lost, the
// users get new passwords: the old ones are known to nobody.
func keptAccounts(ctx context.Context, log *slog.Logger, s *service.Service, kept []account) ([]account, error) {
	if len(kept) == 0 {
		log.Warn("demo.json is missing: every account gets a new password and token")
		var err error
		if kept, err = accountsAnew(ctx, s.Host()); err != nil {
			return nil, err
		}
	}
	return kept, withTokens(ctx, s, kept)
}

// accountsAnew finds the users of the cast by their addresses.
func accountsAnew(ctx context.Context, h service.Host) ([]account, error) {
	all, err := h.AllTenants(ctx)
	if err != nil {
		return nil, err
	}
	var out []account
	for _, m := range cast() {
		user, err := h.FindUser(ctx, m.email())
		if err != nil {
			return nil, fmt.Errorf("find a user of the demo: %w", err)
		}
		password := newPassword()
		if err := h.SetPassword(ctx, m.email(), password); err != nil {
			return nil, err
		}
		for _, in := range m.in {
			for _, t := range all {
				if t.Name == organisations()[in].Name {
					out = append(out, m.account(user, password, t))
				}
			}
		}
	}
	return out, nil
}

// newPassword is four words, easy to type and different in every demo.
func newPassword() string {
	words := strings.Fields(passwordWords)
	out := make([]string, 4)
	for i := range out {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(words))))
		if err != nil {
			panic(err) // the system's random source never fails
		}
		out[i] = words[n.Int64()]
	}
	return strings.Join(out, "-")
}

const passwordWords = `
abete acqua agave airone albero alga alloro ancora anello aquila arancio arco argine aurora bacca baia balcone barca
basilico betulla borgo bosco brezza bussola cala calamaio camelia campana canneto carta castagno cedro cesto chiave
cielo ciliegio cipresso colle conchiglia corda corallo corno delfino duna edera erba faggio falco fanale farfalla faro
favola felce fico fiume foglia fontana fragola gabbiano gelso ghianda giglio ginepro girasole glicine golfo grano
isola lago lampara lana lanterna leccio limone linfa luna lupino maestrale mandorla mare marmo melograno menta miele
mirto molo mulino nave neve nido noce nuvola olivo onda orto ostrica pane papavero pepe pesca pietra pineta pioggia
ponte porto prato quercia radice rama remo resina riva roccia rosa rugiada salice salvia scoglio sentiero sole stella
tamerice tegola timo torre trifoglio uva vela vento viola vite zefiro zucca`

// printDemo tells a person where to go and who to be.
func printDemo(w io.Writer, url string, dir demoDir, list []account) error {
	rows := make([][]string, len(list))
	for i, a := range list {
		roles := make([]string, len(a.Roles))
		for j, r := range a.Roles {
			roles[j] = string(r)
		}
		rows[i] = []string{a.Email, a.Password, strings.Join(roles, ", "), a.Tenant}
	}
	fmt.Fprintf(w, "\nSATIS demo: %s\nNothing in it is real. Accounts, with API tokens, are in %s\n\n", url, dir.file("demo.json"))
	if err := printTable(w, []string{"EMAIL", "PASSWORD", "ROLE", "ORGANISATION"}, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, "\nCtrl-C ends it; the next start goes on with the same data, --fresh begins anew.")
	return err
}

// rolesOf copies a list of roles, so that accounts share nothing.
func rolesOf(list []tenant.Role) []tenant.Role { return slices.Clone(list) }
