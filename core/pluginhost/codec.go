// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // the codec that this one stands on
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// What one answer may hold. Two bytes can be a message, which takes hundreds of them once
// it is read: without bounds the 4 MiB of an answer become a GiB in the server.
const (
	maxMessages = 100_000
	maxNesting  = 32
)

var errTooMuch = errors.New("an answer of too many parts")

// codec is how the host writes to plugins and reads from them: messages as everywhere, but
// none that would take more memory than it is worth; and bytes that are a message already.
type codec struct{}

// Name is that of the codec of every gRPC: the other side need not know.
func (codec) Name() string { return "proto" }

// Marshal takes a message, or the bytes of one.
func (codec) Marshal(v any) (mem.BufferSlice, error) {
	if b, ok := v.([]byte); ok {
		return mem.BufferSlice{mem.SliceBuffer(b)}, nil
	}
	return encoding.GetCodecV2("proto").Marshal(v)
}

// Unmarshal reads into a message, or gives its bytes where v is a *string.
func (codec) Unmarshal(data mem.BufferSlice, v any) error {
	if s, ok := v.(*string); ok {
		var all strings.Builder
		all.Grow(data.Len())
		for _, part := range data {
			all.Write(part.ReadOnlyData())
		}
		*s = all.String()
		return nil
	}
	m, ok := v.(proto.Message)
	if !ok {
		return fmt.Errorf("pluginhost: %T is no message", v)
	}
	buf := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer buf.Free()
	left := maxMessages
	if !bounded(buf.ReadOnlyData(), m.ProtoReflect().Descriptor().Fields(), maxNesting, &left) {
		return errTooMuch
	}
	return proto.Unmarshal(buf.ReadOnlyData(), m)
}

// bounded counts the messages in the bytes of one, and reports whether they are few enough
// and none lies too deep. Whether they can be read is seen when they are.
func bounded(b []byte, fields protoreflect.FieldDescriptors, deep int, left *int) bool {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return true
		}
		b = b[n:]
		size := protowire.ConsumeFieldValue(number, kind, b)
		if size < 0 {
			return true
		}
		if f := fields.ByNumber(number); kind == protowire.BytesType && f != nil && f.Message() != nil {
			inside, _ := protowire.ConsumeBytes(b)
			if *left--; *left < 0 || deep == 0 || !bounded(inside, f.Message().Fields(), deep-1, left) {
				return false
			}
		}
		b = b[size:]
	}
	return true
}

// rulesClient asks a rule: requests and answers are messages as bytes, a pluginpb.EvaluateRequest
// and a pluginpb.EvaluateResponse of the newest contract.
type rulesClient interface {
	evaluate(ctx context.Context, request []byte) (answer string, err error)
	// batch has a pluginpb.EvaluateBatchRequest and gives a pluginpb.EvaluateBatchResponse.
	batch(ctx context.Context, message []byte) (answer string, err error)
}

// rules is the client of the newest major. The bytes of a request that are kept are those
// that are sent, and nothing is encoded twice.
type rules struct{ conn grpc.ClientConnInterface }

func (r rules) evaluate(ctx context.Context, request []byte) (answer string, err error) {
	err = r.conn.Invoke(ctx, pluginpb.SubsidyRules_Evaluate_FullMethodName, request, &answer)
	return answer, err
}

func (r rules) batch(ctx context.Context, message []byte) (answer string, err error) {
	err = r.conn.Invoke(ctx, pluginpb.SubsidyRules_EvaluateBatch_FullMethodName, message, &answer)
	return answer, err
}
