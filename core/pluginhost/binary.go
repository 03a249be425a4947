// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// Binary gives the bytes that this version runs, for who keeps them: a decision can be
// replayed only as long as somebody has them.
func (p *Plugin) Binary() ([]byte, error) {
	img := p.entry.bundle.image
	var b bytes.Buffer
	if img.sealed != nil {
		st, err := img.sealed.Stat()
		if err != nil {
			return nil, fmt.Errorf("pluginhost: %w", err)
		}
		// A section has its own place to read from: processes start from the same file.
		_, err = io.Copy(&b, io.NewSectionReader(img.sealed, 0, st.Size()))
		if err != nil {
			return nil, fmt.Errorf("pluginhost: %w", err)
		}
		return b.Bytes(), nil
	}
	if err := img.verify(); err != nil {
		return nil, fmt.Errorf("pluginhost: %w", err)
	}
	text, err := os.ReadFile(img.path)
	if err != nil {
		return nil, fmt.Errorf("pluginhost: %w", err)
	}
	return text, nil
}
