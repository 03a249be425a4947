// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// The cookie keeps people from starting a plugin by hand; it is no secret. Name is the
// only entry of go-plugin's plugin set.
const (
	CookieKey   = "SATIS_PLUGIN"
	CookieValue = "e7c1a0b94f3d4a5f8a12"
	Name        = "satis"
)

// Plugin is everything that a plugin serves.
type Plugin struct {
	// Manifest is the content of plugin.yaml, best embedded in the binary.
	Manifest []byte
	// Rules has one rule for each subsidy that the manifest declares.
	Rules []SubsidyRule
	// Interventions has one for each type that the manifest declares.
	Interventions []InterventionType
	// Catalogs has one for each catalog that the manifest declares.
	Catalogs []CourseCatalog
}

// Serve serves the plugin until the core ends it. It ends the process itself where the
// manifest and the rules do not fit together, and when the core is gone. It uses one processor:
// answers take less time than waking another, and a host has many plugins side by side.
func Serve(p Plugin) {
	runtime.GOMAXPROCS(1)
	srv, err := newServer(p)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	go leaveWithParent(os.Getppid())
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: CookieKey, MagicCookieValue: CookieValue},
		VersionedPlugins: map[int]plugin.PluginSet{ContractMajor: {Name: &served{srv: srv}}},
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts, serverOptions()...)...)
		},
		Logger: hclog.NewNullLogger(),
	})
}

// serverOptions bound what is read and written. Windows as large as an ordinary batch and a
// worker that waits for calls spare wake-ups, which between two processes on one machine
// take longer than the call itself.
func serverOptions() []grpc.ServerOption {
	const window = 1 << 20
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(MaxMessage), grpc.MaxSendMsgSize(MaxMessage),
		grpc.InitialWindowSize(window), grpc.InitialConnWindowSize(window),
		grpc.NumStreamWorkers(1),
	}
}

// Register puts a plugin's services on a gRPC server of the caller's own, for tests and
// for measuring. It fails where the manifest and the values do not fit together.
func Register(s grpc.ServiceRegistrar, p Plugin) error {
	srv, err := newServer(p)
	if err != nil {
		return err
	}
	srv.register(s)
	return nil
}

// leaveWithParent ends the process when its parent is gone, wherever the kernel does not.
func leaveWithParent(parent int) {
	for range time.Tick(time.Second) {
		if os.Getppid() != parent {
			os.Exit(3)
		}
	}
}

// served ties the services to go-plugin.
type served struct {
	plugin.NetRPCUnsupportedPlugin
	srv *server
}

func (s *served) GRPCServer(_ *plugin.GRPCBroker, g *grpc.Server) error {
	s.srv.register(g)
	return nil
}

func (s *served) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("sdk: a plugin has no client side")
}

func (s *server) register(g grpc.ServiceRegistrar) {
	pluginpb.RegisterPluginServer(g, s)
	if len(s.rules) > 0 {
		s.registerRules(g)
	}
	if len(s.types) > 0 {
		pluginpb.RegisterInterventionsServer(g, s)
	}
	if len(s.catalogs) > 0 {
		pluginpb.RegisterCoursesServer(g, s)
	}
}
