// SPDX-License-Identifier: BSD-3-Clause

// Package sdktest holds a plugin to the contract: the conformance kit.
//
// An author calls Run in a test of his own:
//
//	func TestConformance(t *testing.T) {
//		sdktest.Run(t, myPlugin(), cases)
//	}
//
// The kit serves the plugin over real gRPC in the same process, asks every case many times
// and at once, and asks what nobody should. It needs no test framework: Check gives a list.
package sdktest

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// Case is a request that the plugin must answer sensibly.
type Case struct {
	Name    string
	Request sdk.SubsidyRequest
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

// Check runs the kit and lists what it found; a plugin that conforms gives none. Each
// subsidy of the manifest needs one case at least.
func Check(p sdk.Plugin, cases []Case) []Finding {
	m, err := sdk.ParseManifest(p.Manifest)
	if err != nil {
		return []Finding{{Rule: "manifest", Detail: err.Error()}}
	}
	client, stop, err := serve(p)
	if err != nil {
		return []Finding{{Rule: "manifest", Detail: err.Error()}}
	}
	defer stop()
	k := &kit{manifest: m, rules: client.rules}
	k.describe(client.plugin)
	for _, s := range m.Subsidies {
		k.subsidy(s, cases)
	}
	for _, c := range cases {
		if _, declared := m.SubsidyOf(c.Request.Subsidy); !declared {
			k.found("cases", c.Name, "asks for a subsidy that the manifest does not declare")
		}
	}
	return k.findings
}

type clients struct {
	plugin pluginpb.PluginClient
	rules  pluginpb.SubsidyRulesClient
}

// serve puts the plugin behind gRPC on a connection in memory.
func serve(p sdk.Plugin) (clients, func(), error) {
	s := grpc.NewServer(grpc.MaxRecvMsgSize(sdk.MaxMessage), grpc.MaxSendMsgSize(sdk.MaxMessage))
	if err := sdk.Register(s, p); err != nil {
		return clients{}, nil, err
	}
	l := bufconn.Listen(1 << 16)
	go func() { _ = s.Serve(l) }()
	conn, err := grpc.NewClient("passthrough:kit", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }))
	if err != nil {
		s.Stop()
		return clients{}, nil, err
	}
	stop := func() {
		_ = conn.Close()
		s.Stop()
	}
	return clients{plugin: pluginpb.NewPluginClient(conn), rules: pluginpb.NewSubsidyRulesClient(conn)}, stop, nil
}
