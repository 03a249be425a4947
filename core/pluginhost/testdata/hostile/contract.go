// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// major serves the rule under an invented second major of the contract: services of another
// name, and languages spelled "it-IT". Both majors are offered where first is true.
func serveMajors(p sdk.Plugin, first bool) {
	sets := map[int]plugin.PluginSet{2: {sdk.Name: &major{p: p, pkg: "satis.plugin.v2."}}}
	if first {
		sets[1] = plugin.PluginSet{sdk.Name: &major{p: p, pkg: "satis.plugin.v1."}}
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: sdk.CookieKey, MagicCookieValue: sdk.CookieValue},
		VersionedPlugins: sets,
		GRPCServer: func(o []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(o, grpc.UnaryInterceptor(spell))...)
		},
	})
}

// spell takes the second major's languages and refuses the first's.
func spell(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if m, ok := req.(*pluginpb.EvaluateRequest); ok && strings.Contains(info.FullMethod, ".v2.") {
		if m.GetLocale() != "it-IT" {
			return nil, status.Error(codes.InvalidArgument, "not of this major")
		}
		m.Locale = "it"
	}
	return next(ctx, req)
}

type major struct {
	plugin.NetRPCUnsupportedPlugin
	p   sdk.Plugin
	pkg string
}

func (m *major) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	return sdk.Register(renamed{s, m.pkg, nil}, m.p)
}

func (m *major) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

// renamed registers services in another package, without some of their methods.
type renamed struct {
	grpc.ServiceRegistrar
	pkg     string
	without []string
}

func (r renamed) RegisterService(d *grpc.ServiceDesc, impl any) {
	other := *d
	other.ServiceName = r.pkg + strings.TrimPrefix(d.ServiceName, "satis.plugin.v1.")
	other.Methods = slices.DeleteFunc(slices.Clone(d.Methods), func(m grpc.MethodDesc) bool { return slices.Contains(r.without, m.MethodName) })
	for i, m := range other.Methods {
		// The generated handlers tell interceptors the name that they know.
		other.Methods[i].Handler = func(srv any, ctx context.Context, dec func(any) error, next grpc.UnaryServerInterceptor) (any, error) {
			if next == nil {
				return m.Handler(srv, ctx, dec, nil)
			}
			return m.Handler(srv, ctx, dec, func(ctx context.Context, req any, info *grpc.UnaryServerInfo, h grpc.UnaryHandler) (any, error) {
				return next(ctx, req, &grpc.UnaryServerInfo{Server: srv, FullMethod: "/" + other.ServiceName + "/" + m.MethodName}, h)
			})
		}
	}
	r.ServiceRegistrar.RegisterService(&other, impl)
}

// servePlain serves what a plugin must and nothing more: no batch, no search, no tags.
func servePlain(p sdk.Plugin) {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: sdk.CookieKey, MagicCookieValue: sdk.CookieValue},
		VersionedPlugins: map[int]plugin.PluginSet{1: {sdk.Name: &plain{p: p}}},
		GRPCServer: func(o []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(o, grpc.UnaryInterceptor(untagged))...)
		},
	})
}

func untagged(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	out, err := next(ctx, req)
	if d, ok := out.(*pluginpb.DescribeResponse); ok {
		d.Features = nil
	}
	return out, err
}

type plain struct {
	plugin.NetRPCUnsupportedPlugin
	p sdk.Plugin
}

func (x *plain) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	return sdk.Register(renamed{s, "satis.plugin.v1.", []string{"EvaluateBatch", "Search"}}, x.p)
}

func (x *plain) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}
