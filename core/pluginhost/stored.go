// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// ReadAnswer reads an answer as it was stored, Decision.Response, without checking it again.
func ReadAnswer(stored []byte) (sdk.SubsidyAnswer, error) {
	m := &pluginpb.EvaluateResponse{}
	if err := proto.Unmarshal(stored, m); err != nil {
		return sdk.SubsidyAnswer{}, fmt.Errorf("pluginhost: stored answer: %w", err)
	}
	return sdk.DecodeAnswer(m), nil
}
