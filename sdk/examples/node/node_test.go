// SPDX-License-Identifier: BSD-3-Clause

//go:build node

// Package node_test holds the example in Node to the contract. It needs Node and what npm
// fetches, so it stands behind a build tag: make test-node runs it.
package node_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/pluginpb"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// binary is the plugin, built once in a folder of its own so that the source stays clean.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "satis-node-")
	if err == nil {
		err = build(dir)
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// build copies the source, fetches what package-lock.json names and makes the one file.
func build(dir string) error {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is missing: install Node 20 or newer with npm, or leave the build tag \"node\" out", tool)
		}
	}
	for _, name := range []string{"package.json", "package-lock.json", "plugin.yaml", "build.mjs", "main.mjs", "lib"} {
		if out, err := exec.Command("cp", "-R", name, dir).CombinedOutput(); err != nil {
			return fmt.Errorf("copy %s: %s", name, out)
		}
	}
	proto, err := filepath.Abs("../../proto")
	if err != nil {
		return err
	}
	// No script of a package runs: the build needs none.
	for _, args := range [][]string{{"ci", "--ignore-scripts", "--no-audit", "--no-fund"}, {"run", "--silent", "build"}} {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		cmd := exec.CommandContext(ctx, "npm", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "SATIS_PROTO="+proto)
		out, err := cmd.CombinedOutput()
		cancel()
		if err != nil {
			return fmt.Errorf("npm %s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	binary = filepath.Join(dir, "dist", "transport-pass")
	return nil
}

// start starts the plugin as a host does, without a jail, and gives the connection and the socket.
func start(t *testing.T) (conn *grpc.ClientConn, socket string) {
	t.Helper()
	cmd := exec.Command(binary)
	cmd.Env = []string{"PLUGIN_UNIX_SOCKET_DIR=" + t.TempDir()} // a killed process leaves its socket behind
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: sdk.CookieKey, MagicCookieValue: sdk.CookieValue},
		VersionedPlugins: map[int]plugin.PluginSet{sdk.ContractMajor: {}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Cmd:              cmd, AutoMTLS: true, SkipHostEnv: true, StartTimeout: 20 * time.Second,
		Logger: hclog.NewNullLogger(),
	})
	t.Cleanup(client.Kill)
	proto, err := client.Client()
	if err != nil {
		t.Fatal(err)
	}
	return proto.(*plugin.GRPCClient).Conn, client.ReattachConfig().Addr.String()
}

func TestConformance(t *testing.T) {
	conn, _ := start(t)
	manifest, err := os.ReadFile("plugin.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range sdktest.CheckConn(conn, manifest, sdktest.Golden(t, "testdata/golden")) {
		t.Error(f)
	}
}

// What the kit does not ask: the health service, and what a fact of another kind is.
func TestWire(t *testing.T) {
	conn, _ := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	health := grpc_health_v1.NewHealthClient(conn)
	if r, err := health.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: plugin.GRPCServiceName}); err != nil || r.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Errorf("health: %v, %v", r, err)
	}
	fact := func(name string, v *pluginpb.Value) *pluginpb.Fact { return &pluginpb.Fact{Name: name, Value: v} }
	cents := func(n int64) *pluginpb.Value { return &pluginpb.Value{Kind: &pluginpb.Value_Cents{Cents: n}} }
	whole := func(n int64) *pluginpb.Value { return &pluginpb.Value{Kind: &pluginpb.Value_Whole{Whole: n}} }
	for name, tt := range map[string]struct {
		facts []*pluginpb.Fact
		want  codes.Code
	}{
		"right":           {[]*pluginpb.Fact{fact("monthly_pass", cents(40_00)), fact("course_months", whole(3))}, codes.OK},
		"of another kind": {[]*pluginpb.Fact{fact("monthly_pass", whole(40_00)), fact("course_months", whole(3))}, codes.InvalidArgument},
		"missing":         {[]*pluginpb.Fact{fact("monthly_pass", cents(40_00))}, codes.InvalidArgument},
		"twice":           {[]*pluginpb.Fact{fact("course_months", whole(3)), fact("course_months", whole(3)), fact("monthly_pass", cents(1))}, codes.InvalidArgument},
		"out of range":    {[]*pluginpb.Fact{fact("monthly_pass", cents(1<<62)), fact("course_months", whole(3))}, codes.InvalidArgument},
	} {
		_, err := pluginpb.NewSubsidyRulesClient(conn).Evaluate(ctx, &pluginpb.EvaluateRequest{Subsidy: "transport_pass", AsOf: "2026-11-01", Locale: "it", Facts: tt.facts})
		if status.Code(err) != tt.want {
			t.Errorf("facts %s: %v, want %v", name, err, tt.want)
		}
	}
}

// Nobody but the host that started it gets an answer: not without TLS, and not without the certificate.
func TestNoOtherClient(t *testing.T) {
	_, socket := start(t)
	for name, c := range map[string]credentials.TransportCredentials{
		"no TLS": insecure.NewCredentials(), "no certificate": credentials.NewTLS(&tls.Config{InsecureSkipVerify: true}),
	} {
		stranger, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(c))
		if err != nil {
			t.Fatal(err)
		}
		defer stranger.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err = pluginpb.NewPluginClient(stranger).Describe(ctx, &pluginpb.DescribeRequest{})
		if status.Code(err) != codes.Unavailable {
			t.Errorf("a client with %s: %v", name, err)
		}
	}
}

func TestByHand(t *testing.T) {
	out, err := exec.Command(binary).CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), "the server starts it") {
		t.Errorf("started by hand: %v, %q", err, out)
	}
}

// The real host, with the jail where the machine has one, in two processes.
func TestInTheHost(t *testing.T) {
	satis := filepath.Join(t.TempDir(), "satis")
	if out, err := exec.Command("go", "build", "-o", satis, "../../../cmd/satis").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(satis, "plugin", "test", "--binary", binary, ".").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "conforms: 4 golden cases") {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
