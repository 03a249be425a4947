// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"

	"github.com/satis-toscana/satis/core/tenant"
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
		p, err := h.bySubsidy("odd").entry.slotOf(someTenant).acquire(b.Context())
		if err == nil {
			_, err = pluginpb.NewSubsidyRulesClient(p.conn).Evaluate(b.Context(), m)
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
		for _, i := range rand.Perm(len(ways)) { // who comes after whom counts too
			began := time.Now()
			if err := ways[i](); err != nil {
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

// BenchmarkStart measures a start up to the first answer, in the jail and outside, by turns,
// and the memory of the process then: Pss counts a page that n processes share as 1/n of it.
func BenchmarkStart(b *testing.B) {
	req := sdk.AppendRequest(nil, mustSubsidy(b).Facts, rent())
	hosts := []*Host{newHost(b, Config{Dir: folder(b, "rent-subsidy")}), newHost(b, Config{Dir: folder(b, "rent-subsidy"), NoJail: true})}
	took, memory := make([][]time.Duration, 2), make([][]time.Duration, 2)
	for b.Loop() {
		for i, h := range hosts {
			began := time.Now()
			p, err := h.startProcess(b.Context(), h.entries[0])
			if err != nil {
				b.Fatal(err)
			}
			if _, err := p.rules.evaluate(b.Context(), req); err != nil {
				b.Fatal(err)
			}
			took[i] = append(took[i], time.Since(began))
			memory[i] = append(memory[i], time.Duration(pss(b, p.runner.pid())))
			p.end()
		}
	}
	b.ReportMetric(median(took[0])/1e6, "jailed-ms")
	b.ReportMetric(median(took[1])/1e6, "unjailed-ms")
	b.ReportMetric(median(memory[0]), "jailed-pss-KiB")
	b.ReportMetric(median(memory[1]), "unjailed-pss-KiB")
	b.ReportMetric(0, "ns/op") // of both together: means nothing
}

// BenchmarkMemory measures Pss where twenty tenants have a process each of one plugin.
func BenchmarkMemory(b *testing.B) {
	h := newHost(b, Config{Dir: folder(b, "rent-subsidy")})
	const tenants = 20
	var sum int64
	for b.Loop() {
		sum = 0
		for n := range tenants {
			who := tenant.ID(fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
			if _, err := h.Evaluate(b.Context(), who, rent()); err != nil {
				b.Fatal(err)
			}
		}
		for _, s := range h.entries[0].allSlots() {
			sum += pss(b, s.look().pid)
		}
	}
	b.ReportMetric(float64(sum)/tenants, "pss-KiB/process")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkBatch measures a decision among 64 asked together: through the host with all its
// checks, by an ordinary gRPC client on the same connection, and on plain gRPC over a unix
// socket. The three take turns.
func BenchmarkBatch(b *testing.B) {
	h := newHost(b, Config{Dir: folder(b, "hostile")})
	raw := rawServer(b)
	reqs := slices.Repeat([]sdk.SubsidyRequest{odd("good")}, 64)
	sub, _ := h.Subsidy("odd")
	m := &pluginpb.EvaluateBatchRequest{}
	for _, r := range reqs {
		m.Requests = append(m.Requests, sdk.EncodeRequest(sub.Facts, r))
	}
	p, err := h.bySubsidy("odd").entry.slotOf(someTenant).acquire(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	// The host's own codec is for the host: a client of this kind reads as any other does.
	ordinary := grpc.ForceCodecV2(encoding.GetCodecV2("proto"))
	ways := []func() error{
		func() error { _, err := raw.EvaluateBatch(b.Context(), m); return err },
		func() error { _, err := h.EvaluateBatch(b.Context(), someTenant, "odd", reqs); return err },
		func() error {
			_, err := pluginpb.NewSubsidyRulesClient(p.conn).EvaluateBatch(b.Context(), m, ordinary)
			return err
		},
	}
	took := make([][]time.Duration, len(ways))
	for b.Loop() {
		for _, i := range rand.Perm(len(ways)) {
			began := time.Now()
			if err := ways[i](); err != nil {
				b.Fatal(err)
			}
			took[i] = append(took[i], time.Since(began)/64)
		}
	}
	for i, name := range []string{"raw", "host", "plugin-call"} {
		b.ReportMetric(median(took[i]), name+"-ns/item")
		// The least is what it takes where nobody else wants the processor.
		b.ReportMetric(float64(took[i][0]), name+"-least-ns/item")
	}
	b.ReportMetric(median(took[1])/median(took[0]), "host/raw")
	b.ReportMetric(0, "ns/op") // of all three together: means nothing
}

// BenchmarkRerun measures a decision where 512 are asked again, in batches of 64, as when a
// new version is held against the past.
func BenchmarkRerun(b *testing.B) {
	h := newHost(b, Config{Dir: folder(b, "hostile")})
	reqs := slices.Repeat([]sdk.SubsidyRequest{odd("good")}, 512)
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		if _, err := h.EvaluateBatch(b.Context(), someTenant, "odd", reqs); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began)/time.Duration(len(reqs)))
	}
	b.ReportMetric(median(took), "ns/item")
	b.ReportMetric(float64(took[0]), "least-ns/item")
	b.ReportMetric(0, "ns/op")
}

func mustSubsidy(b *testing.B) Subsidy {
	b.Helper()
	h := newHost(b, Config{Dir: folder(b, "rent-subsidy")})
	s, ok := h.Subsidy("rent")
	if !ok {
		b.Fatal("no subsidy")
	}
	return s
}

// pss reads how much memory a process takes, in KiB.
func pss(b *testing.B, pid int) int64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "Pss:" {
			n, err := strconv.ParseInt(f[1], 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
	}
	b.Fatal("no Pss")
	return 0
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
