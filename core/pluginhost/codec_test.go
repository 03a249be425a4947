// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"bytes"
	"errors"
	"testing"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// A message of a few bytes must not become much memory: the host counts before it reads.
func TestCodecCounts(t *testing.T) {
	read := func(b []byte, m proto.Message) error {
		return codec{}.Unmarshal(mem.BufferSlice{mem.SliceBuffer(b)}, m)
	}
	edition := func(n int) []byte { return bytes.Repeat([]byte{0x0a, 0x00}, n) }
	if err := read(edition(maxMessages), &pluginpb.ImportResponse{}); err != nil {
		t.Errorf("as many as allowed: %v", err)
	}
	if err := read(edition(maxMessages+1), &pluginpb.ImportResponse{}); !errors.Is(err, errTooMuch) {
		t.Errorf("more: %v", err)
	}
	deep := []byte{}
	for range maxNesting + 1 {
		deep = append([]byte{0x3a, byte(len(deep))}, deep...)
	}
	if err := read(append([]byte{0x2a, byte(len(deep))}, deep...), &pluginpb.EvaluateResponse{}); !errors.Is(err, errTooMuch) {
		t.Errorf("deep: %v", err)
	}
	if err := read([]byte{0x0a, 0x05}, &pluginpb.ImportResponse{}); err == nil || errors.Is(err, errTooMuch) {
		t.Errorf("cut off: %v", err)
	}
}
