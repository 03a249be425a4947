// SPDX-License-Identifier: BSD-3-Clause

package sdktest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// CaseError says that a golden file cannot be read, and why.
type CaseError struct {
	File string
	Err  error
}

// Error begins with the name of the file.
func (e *CaseError) Error() string { return e.File + ": " + e.Err.Error() }

// Unwrap gives what is wrong in the file.
func (e *CaseError) Unwrap() error { return e.Err }

// Where is the file's name, with the key that is not known where one is: `a.json, "anwser"`.
func (e *CaseError) Where() string {
	var key unknownKey
	if errors.As(e.Err, &key) {
		return e.File + ", " + shortened(string(key), maxPathShown)
	}
	return e.File
}

// unknownKey is a key that no golden file has, in quotes.
type unknownKey string

func (k unknownKey) Error() string { return "the key " + string(k) + " is not known" }

// parseCase reads one golden file as strictly as a manifest is read: a key that nobody knows
// would be an answer that nobody compares.
func parseCase(text []byte) (file, error) {
	var f file
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return f, plainly(text, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return f, errors.New("something comes after the case")
	}
	return f, f.check()
}

// check finds keys that stand in a case of another sort, where they would count for nothing.
func (f file) check() error {
	named := 0
	for _, code := range []string{f.Subsidy, f.Intervention, f.Catalog} {
		if code != "" {
			named++
		}
	}
	ofCatalog := f.Catalog != ""
	switch {
	case named > 1:
		return errors.New("a case is of one subsidy, intervention or catalog")
	case !ofCatalog && f.Feed != "":
		return errors.New(`the key "feed" is of a catalog's case`)
	case !ofCatalog && f.Query != nil:
		return errors.New(`the key "query" is of a catalog's case`)
	case ofCatalog && f.Facts != nil:
		return errors.New(`the key "facts" is of no catalog's case`)
	case ofCatalog && (f.Feed != "") == (f.Query != nil):
		return errors.New("a catalog's case has either feed or query")
	}
	return nil
}

// plainly words what encoding/json says of a file.
func plainly(text []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch key, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); {
	case unknown:
		return unknownKey(key)
	case errors.As(err, &kind):
		return fmt.Errorf("line %d: the key %q cannot be a %s", line(text, kind.Offset), kind.Field, kind.Value)
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: %w", line(text, syntax.Offset), err)
	}
	return err
}

// line counts the line of an offset, from 1 on.
func line(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:min(max(offset, 0), int64(len(text)))], []byte("\n"))
}
