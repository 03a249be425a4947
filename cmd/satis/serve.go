// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"os"

	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/pluginhost/pack"
	"github.com/satis-toscana/satis/core/service"
)

// listenFlags say where the server is reached.
type listenFlags struct {
	Listen        string `default:"127.0.0.1:8080" env:"SATIS_LISTEN" help:"Address and port to listen on."`
	MetricsListen string `default:"127.0.0.1:9090" env:"SATIS_METRICS_LISTEN" help:"Loopback address of /metrics; off for none."`
	TLSCert       string `name:"tls-cert" env:"SATIS_TLS_CERT_FILE" placeholder:"FILE" help:"Certificate chain, PEM."`
	TLSKey        string `name:"tls-key" env:"SATIS_TLS_KEY_FILE" placeholder:"FILE" help:"Private key of the certificate, PEM."`
	BehindProxy   bool   `env:"SATIS_BEHIND_PROXY" help:"A proxy in front speaks TLS and appends the visitor's address to X-Forwarded-For."`

	// anywhere lets other machines in without TLS.
	anywhere bool
}

// check refuses what would send names in the clear. The demo, whose people are invented,
// may: see anywhere.
func (f listenFlags) check() error {
	if (f.TLSCert == "") != (f.TLSKey == "") {
		return usage("--tls-cert and --tls-key go together")
	}
	if f.TLSCert != "" && f.BehindProxy {
		return usage("--tls-cert and --behind-proxy exclude each other")
	}
	if f.TLSCert != "" {
		if _, err := tls.LoadX509KeyPair(f.TLSCert, f.TLSKey); err != nil {
			return usage("the certificate cannot be used: %w", err)
		}
	}
	if !f.anywhere && !f.secure() && !isLoopback(f.Listen) {
		return usage("listening on %s without TLS would send names and passwords in the clear: give --tls-cert and --tls-key, or --behind-proxy", f.Listen)
	}
	if f.MetricsListen != "off" && !isLoopback(f.MetricsListen) {
		return usage("--metrics-listen must be a loopback address, or off")
	}
	return nil
}

// secure tells whether browsers reach the server over TLS.
func (f listenFlags) secure() bool { return f.TLSCert != "" || f.BehindProxy }

// isLoopback: only this machine reaches the address. No host at all means every one.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

type serveCmd struct {
	databaseFlags
	listenFlags
	pluginFlags
}

// pluginFlags say which plugins the server runs, and which of them in spite of the machine.
type pluginFlags struct {
	Plugins          string `env:"SATIS_PLUGINS" placeholder:"DIR" help:"Folder of plugins: each a binary and its manifest beside it, or a .satisplugin file."`
	PluginPublishers string `env:"SATIS_PLUGIN_PUBLISHERS" placeholder:"FILE" help:"Publishers whose .satisplugin files in the folder are believed: a line each, as 'satis plugin keygen' writes it."`
	AllowUnjailed    bool   `env:"SATIS_ALLOW_UNJAILED" help:"Run signed plugins even where this machine has no jail for them. They could read what this server can."`
}

// openHost reads the folder of plugins; "" is none. What cannot be used is told in the log.
func (f pluginFlags) openHost(log *slog.Logger) (*pluginhost.Host, error) {
	cfg := pluginhost.Config{Dir: f.Plugins, AllowUnjailed: f.AllowUnjailed, Logger: log}
	if f.PluginPublishers != "" {
		text, err := os.ReadFile(f.PluginPublishers)
		if err != nil {
			return nil, usage("the list of publishers cannot be read: %w", err)
		}
		if cfg.Publishers, err = pack.ParsePublishers(string(text)); err != nil {
			return nil, usage("%s: %w", f.PluginPublishers, err)
		}
	}
	h, err := pluginhost.New(cfg)
	if err != nil {
		return nil, usageError{err}
	}
	if err := h.JailProblem(); err != nil {
		log.Warn("this machine has no jail for plugins", "why", err, "signed_plugins_run", f.AllowUnjailed)
	}
	for _, p := range h.Plugins() {
		if p.State == pluginhost.Quarantined {
			log.Warn("a plugin cannot be used", "plugin", p.ID, "why", p.LastError)
		}
	}
	return h, nil
}

// Run serves until it is told to end.
func (c serveCmd) Run(ctx context.Context, log *slog.Logger) error {
	if err := c.check(); err != nil {
		return err
	}
	doors, err := openDoors(c.listenFlags)
	if err != nil {
		return err
	}
	defer doors.close()
	db, master, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	plugins, err := c.openHost(log)
	if err != nil {
		return err
	}
	defer plugins.Close()
	s := server{log: log, db: db, plugins: plugins, service: service.New(service.Config{DB: db, Master: master, Plugins: plugins, Logger: log}), flags: c.listenFlags}
	log.Info("serving", "url", doors.url(c.listenFlags))
	return s.serve(ctx, doors)
}
