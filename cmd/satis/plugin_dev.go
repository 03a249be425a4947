// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/satis-toscana/satis/core/web"
)

// pluginDevCmd shows a plugin to its author while it is being written.
type pluginDevCmd struct {
	Dir    string `arg:"" default:"." type:"existingdir" help:"Folder of the plugin."`
	Listen string `placeholder:"127.0.0.1:8090" help:"Loopback address and port of the pages; port 0 takes a free one. Without it 8090, or a free one where that is taken."`
}

// devListen is where the workbench is found unless somebody says otherwise.
const devListen = "127.0.0.1:8090"

// devWriteTimeout leaves room for the conformance kit on a slow plugin.
const devWriteTimeout = 2 * time.Minute

// Run builds, starts and shows the plugin, again at every save, until it is told to end. It
// prints the address of the pages. When it returns nothing that it started is left.
func (c pluginDevCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "plugin.yaml")); err != nil {
		return usage("%w: a plugin's folder holds plugin.yaml", err)
	}
	door, err := c.open()
	if err != nil {
		return err
	}
	defer door.Close()
	tmp, err := os.MkdirTemp("", "satis-dev-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	bench := newDevBench(dir, tmp, std.err)
	defer bench.close()
	if _, err := fmt.Fprintf(std.out, "http://%s/\n", door.Addr()); err != nil {
		return err
	}
	return c.serve(ctx, door, bench, log)
}

// open listens where only this machine can ask: the workbench has no sign-in.
func (c pluginDevCmd) open() (net.Listener, error) {
	at := c.Listen
	if at == "" {
		at = devListen
	}
	if !isLoopback(at) {
		return nil, usage("%s can be reached from other machines: the workbench listens on loopback only, like %s", at, devListen)
	}
	door, err := net.Listen("tcp", at)
	if err != nil && c.Listen == "" {
		door, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, missing("cannot listen on %s: %w", at, reason(err))
	}
	// A name is worth what the machine makes of it.
	if a, ok := door.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return nil, errors.Join(usage("%s is not on loopback", door.Addr()), door.Close())
	}
	return door, nil
}

// serve answers until ctx ends. Whoever waits for news, or for the plugin, is let go at once.
func (c pluginDevCmd) serve(ctx context.Context, door net.Listener, bench *devBench, logger *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	following := make(chan struct{})
	go func() {
		defer close(following)
		bench.follow(ctx)
	}()
	defer func() {
		cancel()
		<-following
	}()
	pages, err := web.NewWorkbench(web.WorkbenchConfig{Bench: bench, Logger: logger})
	if err != nil {
		return err
	}
	server := &http.Server{Handler: pages, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: devWriteTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: 32 << 10, ErrorLog: log.New(serverNotes{logger}, "", 0), BaseContext: func(net.Listener) context.Context { return ctx }}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(door) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer stop()
	if server.Shutdown(end) != nil {
		server.Close()
	}
	return nil
}
