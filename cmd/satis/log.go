// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"io"
	"log/slog"
	"os"
	"strings"
)

// newLogger writes text for people at a terminal and JSON for what gathers logs.
func newLogger(w io.Writer, format string) *slog.Logger {
	if format == "text" || (format == "auto" && isTerminal(w)) {
		return slog.New(slog.NewTextHandler(w, nil))
	}
	return slog.New(slog.NewJSONHandler(w, nil))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// serverNotes takes what net/http has to say. It names the visitor's address after
// "from": the rest of the line is dropped.
type serverNotes struct{ log *slog.Logger }

func (n serverNotes) Write(line []byte) (int, error) {
	what, _, _ := strings.Cut(strings.TrimSpace(string(line)), " from ")
	what, _, _ = strings.Cut(what, "\n")
	n.log.Warn("http server", "what", what)
	return len(line), nil
}
