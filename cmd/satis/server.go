// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
)

// How long a client may take, and how long we wait for answers under way when we end.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 40 * time.Second // a plugin may think for some seconds, and a slow line has to be served
	idleTimeout   = 2 * time.Minute
	drainTimeout  = 15 * time.Second
	sweepEvery    = 10 * time.Minute
)

// server is what answers requests, with what it stands on.
type server struct {
	log     *slog.Logger
	db      *postgres.DB
	plugins *pluginhost.Host
	service *service.Service
	flags   listenFlags
}

// doors are the listeners. They are opened first: a taken port is to be said before
// anything else is started.
type doors struct {
	main, metrics net.Listener
}

func openDoors(f listenFlags) (doors, error) {
	var d doors
	var err error
	if d.main, err = net.Listen("tcp", f.Listen); err != nil {
		return d, missing("cannot listen on %s: %w", f.Listen, reason(err))
	}
	if f.MetricsListen == "off" {
		return d, nil
	}
	if d.metrics, err = net.Listen("tcp", f.MetricsListen); err != nil {
		d.main.Close()
		return d, missing("cannot listen on %s for metrics: %w", f.MetricsListen, reason(err))
	}
	return d, nil
}

// reason takes the system's own words out of a network error.
func reason(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

func (d doors) close() {
	d.main.Close()
	if d.metrics != nil {
		d.metrics.Close()
	}
}

// url is where a browser on this machine finds the server.
func (d doors) url(f listenFlags) string {
	scheme := "http://"
	if f.TLSCert != "" {
		scheme = "https://"
	}
	at := d.main.Addr().(*net.TCPAddr)
	if at.IP.IsUnspecified() {
		return scheme + net.JoinHostPort("127.0.0.1", strconv.Itoa(at.Port))
	}
	return scheme + at.String()
}

// serve answers until ctx ends or a listener fails, then lets answers under way come to
// their end. What the server stands on is closed by who opened it.
func (s server) serve(ctx context.Context, d doors) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := s.enterPlugins(ctx); err != nil {
		s.log.Error("the plugins of the installation could not be entered in every catalogue", "error", err)
	}
	go s.sweep(ctx)
	go s.service.FollowPolicies(ctx)
	m := newMetrics(s.db, s.plugins)
	all, err := s.handler(m)
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	main := s.httpServer(all)
	go func() { failed <- s.listen(main, d.main) }()
	if d.metrics != nil {
		side := s.httpServer(m.handler())
		defer side.Close()
		go func() { failed <- side.Serve(d.metrics) }()
	}
	select {
	case err := <-failed:
		main.Close()
		return err
	case <-ctx.Done():
	}
	s.log.Info("ending: no new requests, waiting for those under way")
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer stop()
	if err := main.Shutdown(end); err != nil {
		s.log.Warn("requests were cut off", "after", drainTimeout.String())
		main.Close()
	}
	return nil
}

// enterPlugins enters the plugins of the installation's folder in the catalogue of every network.
func (s server) enterPlugins(ctx context.Context) error {
	networks, err := s.service.Host().Networks(ctx)
	if err != nil {
		return err
	}
	for _, n := range networks {
		err = errors.Join(err, s.service.Host().EnterBundled(ctx, n))
	}
	return err
}

func (s server) httpServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: 32 << 10, ErrorLog: log.New(serverNotes{s.log}, "", 0),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
}

func (s server) listen(h *http.Server, l net.Listener) error {
	if s.flags.TLSCert != "" {
		return h.ServeTLS(l, s.flags.TLSCert, s.flags.TLSKey)
	}
	return h.Serve(l)
}

// sweep removes the sessions that have ended, now and then.
func (s server) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	sessions := postgres.Sessions{DB: s.db, Now: time.Now}
	for {
		if err := sessions.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("ended sessions could not be removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
