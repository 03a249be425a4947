// SPDX-License-Identifier: BSD-3-Clause

// Package sdktest holds a plugin to the contract: the conformance kit.
//
// An author calls Run in a test of his own, with the golden cases of a folder:
//
//	func TestPlugin(t *testing.T) {
//		sdktest.Run(t, myPlugin(), sdktest.Golden(t, "testdata/golden"))
//	}
//
// The kit serves the plugin over real gRPC in the same process, asks every case many times
// and at once, and asks what nobody should. CheckConn does the same to a plugin in any
// language that runs elsewhere. Neither needs a test framework: both give a list.
package sdktest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// Case is a request that the plugin must answer sensibly: Request, or one of the others.
type Case struct {
	Name    string
	Request sdk.SubsidyRequest
	// Intervention is validated and planned.
	Intervention *sdk.InterventionRequest
	// Feed is imported.
	Feed *sdk.Feed
	// Query is searched.
	Query *sdk.CourseQuery
	// Want is the answer as JSON, in the shape of a golden file; nil is any sensible one.
	Want json.RawMessage
}

// Finding is one way in which a plugin does not conform.
type Finding struct {
	// Rule names what was broken: "determinism", "languages", …
	Rule string
	// Case is the name of the case, "" where it is none's in particular.
	Case   string
	Detail string
}

// String is one line for people.
func (f Finding) String() string { return fmt.Sprintf("%s [%s]: %s", f.Rule, f.Case, f.Detail) }

// TB is the part of testing.TB that Run needs.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// Run checks a plugin and reports every finding as an error of the test.
func Run(t TB, p sdk.Plugin, cases []Case) {
	t.Helper()
	for _, f := range Check(p, cases) {
		t.Errorf("%s", f)
	}
}

// Check runs the kit and lists what it found; a plugin that conforms gives none. Everything
// that the manifest declares needs one case at least.
func Check(p sdk.Plugin, cases []Case) []Finding {
	if _, err := sdk.ParseManifest(p.Manifest); err != nil {
		return []Finding{{Rule: "manifest", Detail: err.Error()}}
	}
	conn, stop, err := serve(p)
	if err != nil {
		return []Finding{{Rule: "manifest", Detail: err.Error()}}
	}
	defer stop()
	return CheckConn(conn, p.Manifest, cases)
}

// CheckConn runs the kit on a plugin that is being served already, in whatever language.
func CheckConn(conn grpc.ClientConnInterface, manifest []byte, cases []Case) []Finding {
	m, err := sdk.ParseManifest(manifest)
	if err != nil {
		return []Finding{{Rule: "manifest", Detail: err.Error()}}
	}
	k := newKit(m, conn)
	cases = named(m, cases)
	k.describe(pluginpb.NewPluginClient(conn))
	for _, s := range m.Subsidies {
		k.subsidy(s, cases)
	}
	for _, i := range m.Interventions {
		k.intervention(i, cases)
	}
	for _, c := range m.Catalogs {
		k.catalog(c, cases)
	}
	k.strays(cases)
	return k.findings
}

// Answers gives the bytes of the answer to each case, or the word of its failure, so that two
// processes of one plugin can be compared.
func Answers(conn grpc.ClientConnInterface, manifest []byte, cases []Case) map[string]string {
	out := map[string]string{}
	m, err := sdk.ParseManifest(manifest)
	if err != nil {
		return out
	}
	k := newKit(m, conn)
	for _, c := range named(m, cases) {
		var a ask
		switch {
		case c.Intervention != nil:
			i, _ := m.InterventionOf(c.Intervention.Type)
			a = k.plan(sdk.EncodeIntervention(i.Form, *c.Intervention))
		case c.Feed != nil:
			a = k.importing(*c.Feed)
		case c.Query != nil:
			a = k.searching(*c.Query)
		default:
			s, _ := m.SubsidyOf(c.Request.Subsidy)
			a = k.evaluate(sdk.EncodeRequest(s.Facts, c.Request))
		}
		out[c.Name] = string(a.bytes())
	}
	return out
}

// named fills in the subsidy where a case names none and there is only one.
func named(m sdk.Manifest, cases []Case) []Case {
	out := slices.Clone(cases)
	for i, c := range out {
		if len(m.Subsidies) == 1 && c.Intervention == nil && c.Feed == nil && c.Query == nil && c.Request.Subsidy == "" {
			out[i].Request.Subsidy = m.Subsidies[0].Code
		}
	}
	return out
}

// serve puts the plugin behind gRPC on a connection in memory.
func serve(p sdk.Plugin) (*grpc.ClientConn, func(), error) {
	s := grpc.NewServer(grpc.MaxRecvMsgSize(sdk.MaxMessage), grpc.MaxSendMsgSize(sdk.MaxMessage))
	if err := sdk.Register(s, p); err != nil {
		return nil, nil, err
	}
	l := bufconn.Listen(1 << 16)
	go func() { _ = s.Serve(l) }()
	conn, err := grpc.NewClient("passthrough:kit", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }))
	if err != nil {
		s.Stop()
		return nil, nil, err
	}
	return conn, func() {
		_ = conn.Close()
		s.Stop()
	}, nil
}
