// SPDX-License-Identifier: AGPL-3.0-or-later

// Command satis is the whole product in one binary: the server, a demo network, and the
// orders that whoever hosts it gives from the command line.
//
// Data goes to standard output, everything else to standard error. Flags win over SATIS_*
// variables. Passwords, tokens and keys come from files or standard input, never from
// arguments, which every process of the machine can read.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/satis-toscana/satis/core/api"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/privatepg"
)

// The exit codes. Scripts rely on them.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2 // the command line, a file it names, or a value in one is wrong
	exitBroken  = 3 // an audit chain does not hold, or a wall between organisations has a hole
	exitMissing = 4 // the database, PostgreSQL itself or the port is not to be had
)

// cli is every command.
type cli struct {
	Demo    demoCmd    `cmd:"" help:"Start a demo network with a database of its own. Nothing else is needed."`
	Serve   serveCmd   `cmd:"" help:"Serve pages and API on a PostgreSQL of your own."`
	Migrate migrateCmd `cmd:"" help:"Bring the database schema up to date, or tell where it stands."`
	Init    initCmd    `cmd:"" help:"Make the files that hold the database secret and the master key."`
	Tenant  tenantCmd  `cmd:"" help:"Create, list, suspend and resume organisations."`
	User    userCmd    `cmd:"" help:"Create users, give and take roles, set passwords, issue tokens."`
	Policy  policyCmd  `cmd:"" help:"Check, compare, apply and export policies as files."`
	Audit   auditCmd   `cmd:"" help:"Verify the audit."`
	Verify  verifyCmd  `cmd:"" help:"Prove that organisations are kept apart, and check such a proof."`
	Plugin  pluginCmd  `cmd:"" help:"Write, test, pack and sign plugins; administer a network's catalogue of them."`
	Course  courseCmd  `cmd:"" help:"Import and list the courses of a network's catalogs."`
	Version versionCmd `cmd:"" help:"Tell the version."`

	LogFormat string `enum:"auto,text,json" default:"auto" env:"SATIS_LOG_FORMAT" help:"Log as text or JSON; auto: text on a terminal."`
}

const description = `SATIS: individualised projects of the Tuscan network against trafficking.

Exit codes: 0 done; 1 failed; 2 wrong command line or input; 3 an audit chain is broken or organisations are not kept apart; 4 the database, PostgreSQL, the port or the server is not to be had.`

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for an orderly end; a second one, handled by nobody, is the end.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// run does one command and tells the exit code.
func run(ctx context.Context, args []string, std streams) int {
	var c cli
	exit := -1
	parser, err := kong.New(&c, kong.Name("satis"), kong.Description(description), kong.UsageOnError(),
		kong.Writers(std.out, std.err), kong.Exit(func(code int) { exit = code }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(std.err, "satis:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // --help printed what was asked for
		return exit
	}
	if err != nil {
		fmt.Fprintf(std.err, "satis: %v\n", err)
		return exitUsage
	}
	command.BindTo(ctx, (*context.Context)(nil))
	err = command.Run(std, newLogger(std.err, c.LogFormat))
	return report(std.err, err)
}

// usageError is a wrong command line, or a file it names that is wrong.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// missingError is something the command needs from the machine and cannot have.
type missingError struct{ error }

func missing(format string, args ...any) error { return missingError{fmt.Errorf(format, args...)} }

func (e missingError) Unwrap() error { return e.error }

// report prints an error in one line and tells the exit code.
func report(w io.Writer, err error) int {
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(w, "satis: %s\n", api.English(err))
	var wrong usageError
	var lacks missingError
	switch {
	case errors.Is(err, errBroken), errors.Is(err, errHole):
		return exitBroken
	case errors.As(err, &wrong), fault.Is(err, fault.Invalid), fault.Is(err, fault.NotFound):
		return exitUsage
	case errors.As(err, &lacks), fault.Is(err, fault.Unavailable),
		errors.Is(err, privatepg.ErrNoPostgreSQL), errors.Is(err, privatepg.ErrInUse):
		return exitMissing
	}
	return exitFailed
}
