// SPDX-License-Identifier: AGPL-3.0-or-later

package pack

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
)

// TooLargeError says which part of a pack is larger than any may be. It is an ErrFormat.
type TooLargeError struct {
	Member string // one of the names that a pack can have: "bin/linux-amd64", "cases/a.json"
	// Size and Limit are in bytes; Size is 0 where reading stopped at the limit.
	Size, Limit int64
}

// Error names the member, its size where it is known, and the limit.
func (e *TooLargeError) Error() string {
	if e.Size == 0 {
		return fmt.Sprintf("%s is larger than %s", e.Member, bytesText(e.Limit))
	}
	return fmt.Sprintf("%s is too large: %s, and the most is %s", e.Member, bytesText(e.Size), bytesText(e.Limit))
}

// Is makes it an ErrFormat.
func (e *TooLargeError) Is(target error) bool { return target == ErrFormat }

// LimitText is the limit with its unit: "512 KiB".
func (e *TooLargeError) LimitText() string { return bytesText(e.Limit) }

func bytesText(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	case n >= 10<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d bytes", n)
}

// Fit reports everything for which a pack would be refused by whoever reads it or runs it, as
// ErrFormat, or nil: parts that are too large or too many, and binaries that are not static.
func (p *Pack) Fit() error {
	var faults []error
	large := func(member string, text []byte, limit int64) {
		if n := int64(len(text)); n > limit {
			faults = append(faults, &TooLargeError{Member: member, Size: n, Limit: limit})
		}
	}
	large(manifestName, p.ManifestText, maxManifest)
	if len(p.Binaries) == 0 || len(p.Binaries) > maxBinaries {
		faults = append(faults, bad("between 1 and %d binaries are needed, not %d", maxBinaries, len(p.Binaries)))
	}
	for _, platform := range p.Platforms() {
		if !platformPattern.MatchString(platform) {
			faults = append(faults, bad("%q is no platform: linux-amd64 is one", platform))
		}
		large(binaryFolder+platform, p.Binaries[platform], maxBinary)
		if i := Interpreter(bytes.NewReader(p.Binaries[platform])); i != "" {
			faults = append(faults, bad("the binary for %s is dynamic: it needs %q and the libraries of the system, and no server runs such a one out of a pack "+
				"(binary_not_static); link it statically, or have an operator lay it into the server's folder of plugins", platform, i))
		}
	}
	if len(p.Cases) > maxCases {
		faults = append(faults, bad("there are %d cases, more than %d", len(p.Cases), maxCases))
	}
	for name, text := range p.Cases {
		large(caseFolder+name, text, maxCase)
	}
	return errors.Join(faults...)
}

// Interpreter reads out of a binary the dynamic loader that it asks for; "" is a static one, or no ELF.
func Interpreter(r io.ReaderAt) string {
	f, err := elf.NewFile(r)
	if err != nil {
		return ""
	}
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP || p.Filesz > 4096 {
			continue
		}
		text := make([]byte, p.Filesz)
		if _, err := p.ReadAt(text, 0); err == nil {
			return string(bytes.TrimRight(text, "\x00"))
		}
	}
	return ""
}
