// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"strings"
	"sync"
)

// tailSize is how many bytes of a plugin's standard error are kept.
const tailSize = 16 << 10

// tail keeps the end of what was written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	keep := p[max(0, len(p)-tailSize):]
	if over := len(t.buf) + len(keep) - tailSize; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	t.buf = append(t.buf, keep...)
	return len(p), nil
}

// String gives the end of what was written, redacted: see redact.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := string(t.buf)
	if len(t.buf) == tailSize { // half a word at the start would not be known for what it is
		if i := strings.IndexAny(text, " \n"); i >= 0 {
			text = text[i:]
		}
	}
	return redact(text)
}
