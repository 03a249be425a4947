// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	goplugin "github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/satis-toscana/satis/core/pluginhost/jail"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// window is how many bytes of answers may be under way, of one call and of all of a process.
const window = 1 << 20

// defaultMemoryMB is the limit of a plugin whose manifest asks for none; the most one can ask for too.
const defaultMemoryMB = 1024

// process is a plugin that was started and said who it is.
type process struct {
	client *plugin.Client
	runner *runner
	conn   *grpc.ClientConn
	clients
	// contract is the version both sides speak: "1.1".
	contract string
	// features are the tags of what it can do, as it said itself.
	features []string
	// blamed is set by the first failure: ten calls lost with one process are one failure.
	blamed atomic.Bool
	// dismissed is set where the host itself ended it under its calls: no fault of anybody's.
	dismissed atomic.Bool
}

var (
	errStartTimeout = errors.New("no healthy answer in time")
	errDescribe     = errors.New("the plugin describes itself otherwise than its manifest")
)

// startProcess starts the bundle and returns when it answered, or when ctx ends. Whatever
// goes wrong, nothing of it is left running.
func (h *Host) startProcess(ctx context.Context, e *entry) (*process, error) {
	b := e.bundle
	if err := b.image.verify(); err != nil {
		return nil, err
	}
	var started atomic.Pointer[runner]
	config := h.clientConfig(b.manifest, e.tail)
	config.RunnerFunc = func(_ hclog.Logger, spec *exec.Cmd, dir string) (goplugin.Runner, error) {
		r, err := newRunner(e, spec, dir)
		if err != nil {
			return nil, err
		}
		started.Store(r)
		return r, ctx.Err() // not nil: too late, and nobody else would know of the process
	}
	client := plugin.NewClient(config)
	p := &process{client: client}
	dialed := make(chan error, 1)
	go func() { dialed <- p.dial(h.cfg.contracts) }()
	var err error
	select {
	case err = <-dialed:
	case <-ctx.Done():
		// Dialling has no deadline of its own, but ends with the process.
		if r := started.Load(); r != nil {
			r.kill()
		}
		<-dialed
		err = errStartTimeout
	}
	p.runner = started.Load()
	if err == nil {
		err = p.introduce(ctx, h.cfg.contracts, b)
	}
	if err != nil {
		p.end()
		if p.runner != nil && p.runner.exitCode.Load() == jail.ExitFailed {
			err = errJail
		}
		return nil, err
	}
	return p, nil
}

func (h *Host) clientConfig(m sdk.Manifest, stderr io.Writer) *plugin.ClientConfig {
	offered := map[int]plugin.PluginSet{}
	for _, major := range majors(h.cfg.contracts, m) {
		offered[major] = plugin.PluginSet{}
	}
	return &plugin.ClientConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: sdk.CookieKey, MagicCookieValue: sdk.CookieValue},
		VersionedPlugins: offered,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		SkipHostEnv:      true,
		StartTimeout:     h.cfg.StartTimeout,
		Logger:           hclog.NewNullLogger(),
		Stderr:           stderr,
		SyncStderr:       stderr,
		SyncStdout:       io.Discard,
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: h.tmp},
		GRPCDialOptions: []grpc.DialOption{
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(h.cfg.MaxMessage), grpc.MaxCallSendMsgSize(h.cfg.MaxMessage),
				grpc.ForceCodecV2(codec{})),
			grpc.WithMaxHeaderListSize(64 << 10),
			// A window of its own size spares the messages by which gRPC measures one.
			grpc.WithInitialWindowSize(window), grpc.WithInitialConnWindowSize(window),
			grpc.WithDisableServiceConfig(),
		},
	}
}

func memoryMB(b *bundle) int {
	if asked := b.manifest.Limits.MemoryMB; asked > 0 {
		return min(asked, defaultMemoryMB)
	}
	return defaultMemoryMB
}

// dial starts the process, shakes hands and connects.
func (p *process) dial(served map[int]contract) error {
	proto, err := p.client.Client()
	if err != nil {
		return err
	}
	c, ok := proto.(*plugin.GRPCClient)
	if !ok {
		return errors.New("not a gRPC plugin")
	}
	// go-plugin refuses a version that was not offered.
	p.conn, p.clients = c.Conn, served[p.client.NegotiatedVersion()].speak(c.Conn)
	return nil
}

// introduce asks the process how and who it is.
func (p *process) introduce(ctx context.Context, served map[int]contract, b *bundle) error {
	if err := p.healthy(ctx); err != nil {
		return err
	}
	d, err := p.plugin.Describe(ctx, &pluginpb.DescribeRequest{})
	if err != nil {
		return err
	}
	said, err := sdk.ParseManifest(d.GetManifestJson())
	if err != nil {
		return errDescribe
	}
	text, err := said.JSON()
	if err != nil || !bytes.Equal(text, b.manifestJSON) {
		return errDescribe
	}
	if err = p.sameTypes(ctx, b.manifest); err != nil {
		return err
	}
	major := p.client.NegotiatedVersion()
	p.contract = fmt.Sprintf("%d.%d", major, min(d.GetContractMinor(), served[major].minor))
	p.features = d.GetFeatures()
	return nil
}

// can reports whether the process says that it has an ability: see sdk.FeatureBatch.
func (p *process) can(feature string) bool { return slices.Contains(p.features, feature) }

// sameTypes holds the types that the process lists to those of the manifest.
func (p *process) sameTypes(ctx context.Context, m sdk.Manifest) error {
	if len(m.Interventions) == 0 {
		return nil
	}
	want, err := sdk.EncodeTypes(m)
	if err != nil {
		return err
	}
	got, err := p.interventions.Types(ctx, &pluginpb.TypesRequest{})
	if err != nil {
		return err
	}
	if !sdk.SameTypes(got, want) {
		return errDescribe
	}
	return nil
}

// healthy asks by gRPC's own health service. go-plugin's Ping does the same without a deadline.
func (p *process) healthy(ctx context.Context) error {
	r, err := grpc_health_v1.NewHealthClient(p.conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: plugin.GRPCServiceName})
	if err != nil {
		return err
	}
	if r.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		return errors.New("not serving")
	}
	return nil
}

func (p *process) alive() bool { return p.runner != nil && p.runner.alive() }

// end kills the process, waits for its end and lets go-plugin clean up. The order counts:
// go-plugin's Kill asks the process politely first and would wait for a stopped one for ever.
func (p *process) end() {
	if p.runner == nil {
		return
	}
	p.runner.kill()
	if p.runner.pid() != 0 {
		<-p.runner.exited
	}
	p.client.Kill()
}

// sinceIn is a duration for a log line.
func sinceIn(start time.Time) string {
	return strconv.FormatInt(time.Since(start).Milliseconds(), 10) + "ms"
}
