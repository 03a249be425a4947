// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// BenchmarkEvaluate compares one decision through the host (facts checked, message encoded,
// call over mutual TLS, answer checked, both messages kept as bytes) with the bare call of
// the same rule in another process by plain gRPC over a unix socket. The two take turns, so
// that whatever else the machine does meets both alike; the medians are reported.
func BenchmarkEvaluate(b *testing.B) {
	h := newHost(b, Config{Dir: folder(b, "hostile")})
	raw := rawServer(b)
	sub, _ := h.Subsidy("odd")
	m := sdk.EncodeRequest(sub.Facts, odd("good"))
	viaHost := func() error { _, err := h.Evaluate(b.Context(), someTenant, odd("good")); return err }
	viaRaw := func() error { _, err := raw.Evaluate(b.Context(), m); return err }
	viaPlugin := func() error { // the call alone, on the connection that go-plugin made
		p, err := h.codes.subsidies["odd"].slotOf(someTenant).acquire(b.Context())
		if err == nil {
			_, err = p.rules.Evaluate(b.Context(), m)
		}
		return err
	}
	ways := []func() error{viaRaw, viaHost, viaPlugin}
	took := make([][]time.Duration, len(ways))
	for range 200 { // warm both processes
		for _, way := range ways {
			if err := way(); err != nil {
				b.Fatal(err)
			}
		}
	}
	for b.Loop() {
		for i, way := range ways {
			began := time.Now()
			if err := way(); err != nil {
				b.Fatal(err)
			}
			took[i] = append(took[i], time.Since(began))
		}
	}
	base := median(took[0])
	b.ReportMetric(base, "raw-ns")
	b.ReportMetric(median(took[1]), "host-ns")
	b.ReportMetric(median(took[2]), "plugin-call-ns")
	b.ReportMetric(median(took[1])/base, "host/raw")
	b.ReportMetric(median(took[2])/base, "plugin-call/raw")
	b.ReportMetric(0, "ns/op") // of all three together: means nothing
}

func median(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2])
}

// BenchmarkStart measures a start up to the first healthy answer.
func BenchmarkStart(b *testing.B) {
	h := newHost(b, Config{Dir: folder(b, "rent-subsidy")})
	for b.Loop() {
		p, err := h.startProcess(b.Context(), h.entries[0])
		if err != nil {
			b.Fatal(err)
		}
		p.end()
	}
}

// rawServer starts the rule without go-plugin and connects to it.
func rawServer(b *testing.B) pluginpb.SubsidyRulesClient {
	b.Helper()
	socket := filepath.Join(b.TempDir(), "raw")
	cmd := exec.Command(filepath.Join(built, "hostile"), "raw", socket)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	conn, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.WaitForReady(true)))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_, _ = conn.Close(), stdin.Close()
		_ = cmd.Wait()
	})
	return pluginpb.NewSubsidyRulesClient(conn)
}
