// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // the codec that framed stands on
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// askBatch asks for many decisions at once. Requests are messages as bytes, as they are kept.
type askBatch func(ctx context.Context, requests [][]byte) (*pluginpb.EvaluateBatchResponse, error)

// batchOf puts the bytes of the requests into one message as they are: what is kept is what
// is sent, and nothing is encoded twice.
func batchOf(conn grpc.ClientConnInterface) askBatch {
	return func(ctx context.Context, requests [][]byte) (*pluginpb.EvaluateBatchResponse, error) {
		size := 0
		for _, r := range requests {
			size += protowire.SizeTag(requestsField) + protowire.SizeBytes(len(r))
		}
		message := make([]byte, 0, size)
		for _, r := range requests {
			message = protowire.AppendTag(message, requestsField, protowire.BytesType)
			message = protowire.AppendBytes(message, r)
		}
		out := &pluginpb.EvaluateBatchResponse{}
		return out, conn.Invoke(ctx, pluginpb.SubsidyRules_EvaluateBatch_FullMethodName, message, out, grpc.ForceCodecV2(framed{}))
	}
}

// requestsField is EvaluateBatchRequest.requests.
const requestsField = 1

// framed sends bytes that are a message already; all else is as ever.
type framed struct{}

func (framed) Name() string { return "proto" }

func (framed) Marshal(v any) (mem.BufferSlice, error) {
	if b, ok := v.([]byte); ok {
		return mem.BufferSlice{mem.SliceBuffer(b)}, nil
	}
	return encoding.GetCodecV2("proto").Marshal(v)
}

func (framed) Unmarshal(data mem.BufferSlice, v any) error {
	return encoding.GetCodecV2("proto").Unmarshal(data, v)
}
