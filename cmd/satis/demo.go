// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/privatepg"
	"github.com/satis-toscana/satis/core/seal"
	"github.com/satis-toscana/satis/core/service"
)

// demoCmd runs everything on one machine: a PostgreSQL of its own, plugins, a network with
// people and projects that do not exist.
type demoCmd struct {
	Listen        string `default:"127.0.0.1:8080" env:"SATIS_LISTEN" help:"Address and port to listen on; port 0 takes a free one."`
	MetricsListen string `default:"off" help:"Loopback address of /metrics; off for none."`
	Data          string `default:".satis/demo" type:"path" help:"Folder the demo keeps its data in."`
	Fresh         bool   `help:"Remove the data of an earlier demo first."`
	Plugins       string `type:"path" help:"Folder of plugins; without it the one beside the program."`
}

// demoDatabase is the database's name in the private cluster.
const demoDatabase = "satis"

// Run starts the demo, and ends all it started when it is told to end.
func (c demoCmd) Run(ctx context.Context, std streams, log *slog.Logger) (err error) {
	flags := listenFlags{Listen: c.Listen, MetricsListen: c.MetricsListen, anywhere: true}
	if err := flags.check(); err != nil {
		return err
	}
	if !isLoopback(c.Listen) {
		log.Warn("other machines can reach the demo, without encryption: type nothing real into it", "listen", c.Listen)
	}
	doors, err := openDoors(flags)
	if err != nil {
		return err
	}
	defer doors.close()
	dir, err := openDemoDir(c.Data, c.Fresh)
	if err != nil {
		return err
	}
	pg, err := privatepg.Start(ctx, privatepg.Config{Dir: dir.cluster(), Logger: log})
	if errors.Is(err, privatepg.ErrInUse) {
		return missing("a demo already runs in %s", dir)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pg.Stop()) }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		<-pg.Done()
		cancel(errors.New("the demo's PostgreSQL has ended"))
	}()
	err = c.onDatabase(ctx, std, log, pg, dir, doors, flags)
	if cause := context.Cause(ctx); err == nil && cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// onDatabase does what is left once PostgreSQL runs: schema, plugins, data, server.
func (c demoCmd) onDatabase(ctx context.Context, std streams, log *slog.Logger, pg *privatepg.Server, dir demoDir, doors doors, flags listenFlags) error {
	db, master, err := openDemoDatabase(ctx, pg, dir)
	if err != nil {
		return err
	}
	defer db.Close()
	plugins, err := openPlugins(c.pluginDir(log), log)
	if err != nil {
		return err
	}
	defer plugins.Close()
	main := service.New(service.Config{DB: db, Master: master, Plugins: plugins, Logger: log})
	accounts, err := demoAccounts(ctx, log, dir, main, seeding{db: db, master: master, plugins: plugins, log: log})
	if ctx.Err() != nil {
		return nil // told to end while starting: the next start begins the data anew
	}
	if err != nil {
		return err
	}
	url := doors.url(flags)
	if err := dir.writeAccounts(demoFile{URL: url, Accounts: accounts, DatabaseURL: databaseAddress(pg)}); err != nil {
		return err
	}
	if err := dir.markSeeded(); err != nil {
		return err
	}
	if err := printDemo(std.out, url, dir, accounts); err != nil {
		return err
	}
	s := server{log: log, db: db, plugins: plugins, service: main, flags: flags}
	return s.serve(ctx, doors)
}

// openDemoDatabase makes the database where there is none, or where filling it was cut
// short: half a network is of no use to anybody.
func openDemoDatabase(ctx context.Context, pg *privatepg.Server, dir demoDir) (*postgres.DB, *seal.Master, error) {
	if !dir.seeded() {
		if err := postgres.DropDatabase(ctx, pg.AdminURL("postgres"), demoDatabase); err != nil {
			return nil, nil, err
		}
		if err := dir.renewSecrets(); err != nil {
			return nil, nil, err
		}
	}
	secret, master, err := dir.secrets()
	if err != nil {
		return nil, nil, err
	}
	if err := postgres.CreateDatabase(ctx, pg.AdminURL("postgres"), demoDatabase); err != nil {
		return nil, nil, err
	}
	if err := postgres.Migrate(ctx, pg.AdminURL(demoDatabase), secret); err != nil {
		return nil, nil, err
	}
	db, err := postgres.Open(ctx, postgres.Config{URL: databaseAddress(pg), Secret: secret})
	return db, master, err
}

// pluginDir is the folder beside the program, or what was asked for.
func (c demoCmd) pluginDir(log *slog.Logger) string {
	if c.Plugins != "" {
		return c.Plugins
	}
	program, err := os.Executable()
	if err != nil {
		return ""
	}
	dir := filepath.Join(filepath.Dir(program), "plugins")
	if _, err := os.Stat(dir); err != nil {
		log.Warn("there are no plugins beside the program: subsidies cannot be decided", "dir", dir)
		return ""
	}
	return dir
}

// demoAccounts fills an empty database, or takes up the accounts of the start before.
func demoAccounts(ctx context.Context, log *slog.Logger, dir demoDir, main *service.Service, fill seeding) ([]account, error) {
	if dir.seeded() {
		return keptAccounts(ctx, log, main, dir.readAccounts())
	}
	log.Info("making the demo network")
	accounts, err := fill.run(ctx)
	if err != nil {
		return nil, fmt.Errorf("make the demo network: %w", err)
	}
	return accounts, withTokens(ctx, main, accounts)
}

// databaseAddress is the database's address without user and password, for the commands
// that want --database-url. It holds while this demo runs.
func databaseAddress(pg *privatepg.Server) string {
	return fmt.Sprintf("postgres://127.0.0.1:%d/%s?sslmode=disable", pg.Port(), demoDatabase)
}
