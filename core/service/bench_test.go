// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/jmoiron/sqlx"

	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// The size of the installation that the page is measured on.
const (
	benchTenants  = 1000
	benchProjects = 1000 // of each tenant
	benchClients  = 8
	benchRounds   = 5
	benchRound    = 2 * time.Second
)

// pageQuery is what the list page asks, for who measures it without the product around it.
const pageQuery = `SELECT p.id, p.tenant_id, p.network_id, p.code, p.person_code, p.social_services_id, p.state, p.version, p.revision,
	p.submitted_version, p.evaluator_id, p.created_at, p.updated_at, p.person_id, p.created_by, p.content_hash, p.total_cents
	FROM project p ORDER BY p.updated_at DESC, p.id DESC LIMIT `

// BenchmarkProjectsPage measures a list page of 20 projects among a million of a thousand
// tenants, three ways in turn: through the product (chi, session, policy, tenant
// transaction), through a bare chi handler with the usual sqlx transaction and no session
// and no policy, and by pgbench sending the transaction alone. It reports medians.
func BenchmarkProjectsPage(b *testing.B) {
	w := sample.New(b)
	fillInstallation(b, w)
	product, cookies := productPage(b, w)
	bare := barePage(b, w)
	for b.Loop() {
		var ours, usual, alone []float64
		for range benchRounds {
			ours = append(ours, perSecond(b, product, func(i int, r *http.Request) { r.AddCookie(cookies[i%len(cookies)]) }))
			usual = append(usual, perSecond(b, bare, func(i int, r *http.Request) { r.Header.Set("Tenant", benchTenant(i)) }))
			alone = append(alone, pgbench(b, w))
		}
		o, u, a := median(ours), median(usual), median(alone)
		b.ReportMetric(o, "product-req/s")
		b.ReportMetric(u, "bare-sqlx-req/s")
		b.ReportMetric(a, "pgbench-tx/s")
		b.ReportMetric(o/u, "ratio-to-bare")
		b.ReportMetric(o/a, "ratio-to-pgbench")
		b.ReportMetric(0, "ns/op")
	}
}

// benchTenant is the id of one of the thousand: its number, in decimal digits.
func benchTenant(i int) string {
	return fmt.Sprintf("00000000-0000-7000-8000-%012d", i%benchTenants+1)
}

// fillInstallation writes the rows as the superuser, past the walls that are to be measured.
func fillInstallation(b *testing.B, w *sample.World) {
	n, services := string(w.Lead.Network), string(w.Services.ID)
	id := `('00000000-0000-7000-8000-' || lpad(g::text, 12, '0'))::uuid`
	w.Admin(b,
		fmt.Sprintf(`INSERT INTO tenant (id, network_id, kind, name) SELECT %s, '%s', 'implementing_entity', 'Ente ' || g FROM generate_series(1, %d) g`, id, n, benchTenants),
		fmt.Sprintf(`INSERT INTO app_user (id, email, name) SELECT %s, 'op' || g || '@example.org', 'Operatore ' || g FROM generate_series(1, %d) g`, id, benchTenants),
		fmt.Sprintf(`INSERT INTO member (tenant_id, network_id, user_id, role) SELECT %s, '%s', %s, 'operator' FROM generate_series(1, %d) g`, id, n, id, benchTenants),
		fmt.Sprintf(`UPDATE policy_head SET version = version + 1 WHERE network_id = '%s'`, n),
		fmt.Sprintf(`INSERT INTO person (tenant_id, id, code, citizenship, municipality, municipality_reason, taken_in_charge_on, created_at)
			SELECT %s, %s, 'P-' || g, 'NGA', 'Viareggio', 'residence', '2026-01-01', now() FROM generate_series(1, %d) g`, id, id, benchTenants),
		fmt.Sprintf(`INSERT INTO project (tenant_id, id, network_id, code, person_id, person_code, social_services_id, state, content_hash, created_by, created_at, updated_at)
			SELECT t.id, gen_random_uuid(), t.network_id, 'PI-' || g, t.id, 'P-' || g, '%s', (ARRAY['draft', 'co_design', 'submitted', 'active'])[1 + g %% 4],
				repeat('0', 64), t.id, now(), now() - g * interval '1 minute'
			FROM generate_series(1, %d) g, tenant t WHERE t.id::text LIKE '00000000-0000-7000-8000-%%'`, services, benchProjects),
		`ANALYZE`)
}

// productPage is the page behind session, policy and tenant transaction, with the cookies
// of signed-in operators.
func productPage(b *testing.B, w *sample.World) (http.Handler, []*http.Cookie) {
	r := chi.NewRouter()
	errs := failing{b}
	sessions := httpkit.NewSessions(postgres.Sessions{DB: w.DB, Now: time.Now}, false, errs, time.Now)
	wrap := httpkit.Wrapper{Errors: errs, Log: slog.New(slog.DiscardHandler)}
	r.Use(sessions.Load)
	r.Get("/in/{user}", wrap.Handle(func(_ http.ResponseWriter, r *http.Request) error {
		id := chi.URLParam(r, "user")
		return sessions.SignIn(r.Context(), tenant.UserID(id), tenant.ID(id))
	}))
	r.Get("/", wrap.Handle(func(rw http.ResponseWriter, r *http.Request) error {
		u, t, _ := sessions.Who(r.Context())
		a, err := w.Service.Actor(r.Context(), u, t)
		if err != nil {
			return err
		}
		page, err := w.Service.Projects(tenant.With(r.Context(), a), service.ProjectQuery{})
		if err != nil || len(page.Items) != 20 {
			return fmt.Errorf("%d items: %w", len(page.Items), err)
		}
		return json.NewEncoder(rw).Encode(page)
	}))
	var cookies []*http.Cookie
	for i := range 64 {
		rec := httptest.NewRecorder()
		r.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/in/"+benchTenant(i), nil))
		cookies = append(cookies, rec.Result().Cookies()...)
	}
	return r, cookies
}

// barePage is the same query as most programs would send it.
func barePage(b *testing.B, w *sample.World) http.Handler {
	u, err := url.Parse(w.URL)
	if err != nil {
		b.Fatal(err)
	}
	u.User = url.UserPassword("satis_entity", w.Secret.Password("satis_entity"))
	u.RawQuery += "&search_path=satis"
	db := sqlx.MustConnect("postgres", u.String())
	db.SetMaxOpenConns(benchClients)
	db.SetMaxIdleConns(benchClients)
	b.Cleanup(func() { db.Close() })
	network := string(w.Lead.Network)
	r := chi.NewRouter()
	r.Get("/", func(rw http.ResponseWriter, r *http.Request) {
		rows, err := usualTransaction(r.Context(), db, r.Header.Get("Tenant"), network)
		if err != nil || len(rows) != 21 {
			b.Errorf("bare page: %d rows, %v", len(rows), err)
			return
		}
		json.NewEncoder(rw).Encode(rows[:20])
	})
	return r
}

type bareRow struct {
	ID          string         `db:"id"`
	TenantID    string         `db:"tenant_id"`
	NetworkID   string         `db:"network_id"`
	Code        string         `db:"code"`
	PersonCode  string         `db:"person_code"`
	ServicesID  string         `db:"social_services_id"`
	State       string         `db:"state"`
	Version     int            `db:"version"`
	Revision    int64          `db:"revision"`
	Submitted   int            `db:"submitted_version"`
	EvaluatorID sql.NullString `db:"evaluator_id"`
	CreatedAt   time.Time      `db:"created_at"`
	UpdatedAt   time.Time      `db:"updated_at"`
	PersonID    string         `db:"person_id"`
	CreatedBy   string         `db:"created_by"`
	ContentHash string         `db:"content_hash"`
	TotalCents  int64          `db:"total_cents"`
}

func usualTransaction(ctx context.Context, db *sqlx.DB, in, network string) ([]bareRow, error) {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `SELECT set_config('satis.tenant', $1, true), set_config('satis.network', $2, true)`, in, network); err != nil {
		return nil, err
	}
	var rows []bareRow
	if err := tx.SelectContext(ctx, &rows, pageQuery+`$1`, 21); err != nil {
		return nil, err
	}
	return rows, tx.Commit()
}

// perSecond runs clients against a handler for a round and tells the requests per second.
func perSecond(b *testing.B, h http.Handler, dress func(int, *http.Request)) float64 {
	var done, next atomic.Int64
	var wg sync.WaitGroup
	end := time.Now().Add(benchRound)
	for range benchClients {
		wg.Go(func() {
			for time.Now().Before(end) {
				r := httptest.NewRequest(http.MethodGet, "/", nil)
				dress(int(next.Add(1)), r)
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, r)
				if rec.Code != http.StatusOK {
					b.Errorf("status %d", rec.Code)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(done.Load()) / benchRound.Seconds()
}

// pgbench sends the page's transaction without a program around it.
func pgbench(b *testing.B, w *sample.World) float64 {
	u, err := url.Parse(w.URL)
	if err != nil {
		b.Fatal(err)
	}
	script := filepath.Join(b.TempDir(), "page.sql")
	text := fmt.Sprintf("\\set t random(1, %d)\nBEGIN READ ONLY;\nSELECT set_config('satis.tenant', '00000000-0000-7000-8000-' || lpad(:t::text, 12, '0'), true), "+
		"set_config('satis.network', '%s', true);\n%s;\nCOMMIT;\n", benchTenants, w.Lead.Network, regexp.MustCompile(`\s+`).ReplaceAllString(pageQuery, " ")+"21")
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(w.Bin, "pgbench"), "-n", "-M", "extended", "-c", strconv.Itoa(benchClients), "-j", "2",
		"-T", strconv.Itoa(int(benchRound.Seconds())), "-f", script, "-h", u.Hostname(), "-p", u.Port(), "-U", "satis_entity", u.Path[1:])
	cmd.Env = append(os.Environ(), "PGPASSWORD="+w.Secret.Password("satis_entity"), "PGOPTIONS=-csearch_path=satis")
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("pgbench: %v\n%s", err, out)
	}
	m := regexp.MustCompile(`tps = ([0-9.]+)`).FindSubmatch(out)
	if m == nil {
		b.Fatalf("pgbench said no tps:\n%s", out)
	}
	tps, _ := strconv.ParseFloat(string(m[1]), 64)
	return tps
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// failing fails the benchmark where the product answers with an error.
type failing struct{ b *testing.B }

// RenderError is what httpkit asks for.
func (f failing) RenderError(w http.ResponseWriter, _ *http.Request, err error) {
	f.b.Errorf("the page failed: %v", err)
	w.WriteHeader(http.StatusInternalServerError)
}
