// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/lib/pq"
)

// jsonText encodes a value for a jsonb parameter. It must be text: lib/pq sends bytes in
// binary, which jsonb would misread.
func jsonText(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("postgres: encode: %w", err)
	}
	return string(b), nil
}

// fromJSON decodes a jsonb column. Numbers in free-form parts stay exact.
func fromJSON(b []byte, into any) error {
	if len(b) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("postgres: decode: %w", err)
	}
	return nil
}

// textArray makes an array parameter of strings of any kind.
func textArray[S ~string](list []S) any {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return pq.Array(out)
}

// stringArray reads a text array column.
type stringArray = pq.StringArray
