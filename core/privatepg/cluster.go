// SPDX-License-Identifier: AGPL-3.0-or-later

package privatepg

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
)

// hba is who may connect: whoever knows a password, from this machine, over TCP.
const hba = `# written by satis: no other way in
host all all 127.0.0.1/32 scram-sha-256
`

// initialise makes the cluster. It works in a folder of another name until it is whole, so
// that a start killed in the middle leaves nothing that looks like a cluster.
func (p *place) initialise(ctx context.Context, bin string, who account, password string, fast bool) error {
	fresh := filepath.Join(p.base, "data.new")
	pwfile := filepath.Join(p.base, "password.new")
	defer os.Remove(pwfile)
	if err := p.prepare(fresh, pwfile, who, password); err != nil {
		return err
	}
	args := []string{"-D", fresh, "-U", Admin, "--pwfile=" + pwfile, "--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"}
	if fast {
		args = append(args, "--no-sync")
	}
	initdb := filepath.Join(bin, "initdb")
	// C.UTF-8 knows letters and compares bytes; some systems only have C.
	out, err := runTied(who.command(ctx, p.base, initdb, append(args, "--locale=C.UTF-8")...))
	if err != nil {
		if err := p.prepare(fresh, pwfile, who, password); err != nil {
			return err
		}
		out, err = runTied(who.command(ctx, p.base, initdb, append(args, "--locale=C")...))
	}
	if err != nil {
		return fmt.Errorf("privatepg: initdb: %w: %s", err, lastLine(out))
	}
	if err := writeFor(who, filepath.Join(fresh, "pg_hba.conf"), hba); err != nil {
		return err
	}
	if err := os.Rename(fresh, p.dataDir()); err != nil {
		return fmt.Errorf("privatepg: name the cluster: %w", err)
	}
	return nil
}

// runTied runs a command that ends when this process does, and tells what it printed.
func runTied(cmd *exec.Cmd) ([]byte, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	dieWithParent(cmd.SysProcAttr)
	return cmd.CombinedOutput()
}

// prepare empties the working folder and writes the password for initdb to read.
func (p *place) prepare(fresh, pwfile string, who account, password string) error {
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("privatepg: clear folder: %w", err)
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return fmt.Errorf("privatepg: make folder: %w", err)
	}
	if err := who.own(fresh); err != nil {
		return err
	}
	return writeFor(who, pwfile, password+"\n")
}

// writeFor writes a file that only the account can read.
func writeFor(who account, path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("privatepg: write: %w", err)
	}
	return who.own(path)
}

// settings are PostgreSQL's parameters. They are given at every start, never kept in the
// cluster, so that they follow the program's version.
func settings(c Config, port int) map[string]string {
	set := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"port":                    strconv.Itoa(port),
		"unix_socket_directories": "",
		"password_encryption":     "scram-sha-256",
		"max_connections":         strconv.Itoa(c.MaxConnections),
		"shared_buffers":          "128MB",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_destination":         "stderr",
		"logging_collector":       "off",
		// The log never holds a statement, nor the text of an error: both quote values.
		"log_min_messages":        "log",
		"log_min_error_statement": "panic",
		"log_error_verbosity":     "terse",
		"log_checkpoints":         "off",
	}
	if c.Tune {
		set["shared_buffers"] = "1GB"
		set["max_wal_size"] = "4GB"
		set["checkpoint_timeout"] = "30min"
		set["maintenance_work_mem"] = "256MB"
	}
	if c.Fast {
		set["fsync"] = "off"
		set["synchronous_commit"] = "off"
		set["full_page_writes"] = "off"
		set["autovacuum_naptime"] = "5min"
	}
	return set
}
