// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"fmt"

	"github.com/satis-toscana/satis/sdk"
)

// ReadAnswer reads an answer as it was stored, Decision.Response, without checking it again.
func ReadAnswer(stored []byte) (sdk.SubsidyAnswer, error) {
	a, err := sdk.ReadAnswer(string(stored))
	if err != nil {
		return a, fmt.Errorf("pluginhost: stored answer: %w", err)
	}
	return a, nil
}
