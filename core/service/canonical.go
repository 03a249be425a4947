// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/gowebpki/jcs"

	"github.com/satis-toscana/satis/core/casework"
)

// Canonical is the one way to write a plan down: JSON canonicalised by RFC 8785.
func Canonical(p casework.Plan) ([]byte, error) {
	raw, err := json.Marshal(p.Normal())
	if err != nil {
		return nil, fmt.Errorf("service: encode plan: %w", err)
	}
	out, err := jcs.Transform(raw)
	if err != nil {
		return nil, fmt.Errorf("service: canonicalise plan: %w", err)
	}
	return out, nil
}

// ContentHash is the SHA-256 of the canonical plan, in hex: what signatures bind. Anyone
// can compute it from the plan as the API gives it.
func ContentHash(p casework.Plan) (string, error) {
	text, err := Canonical(p)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
