// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/danielgtaylor/huma/v2"
)

// jsonFormat reads and writes bodies. What is read into a handler's own types keeps whole
// numbers exact; huma's validation, which reads the body a first time into any, knows
// float64 only.
var jsonFormat = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if _, toValidate := v.(*any); toValidate {
			return json.Unmarshal(data, v)
		}
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		if err := d.Decode(v); err != nil {
			return err
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return errTrailing
		}
		return nil
	},
}

var errTrailing = errors.New("api: something follows the document")
