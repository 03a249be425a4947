// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestSignedReport(t *testing.T) {
	private, public, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseKey(private)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := ParsePublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	r := Report{Product: "1", Database: "satis", Began: time.Now().UTC(), Holds: false,
		Proofs: []Proof{{Name: Catalogue, Checked: 3, Offenders: []Offender{{"note <b>", "è & nuda"}}, Notes: []string{}}}}
	text, err := r.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Check(text, pub)
	if err != nil || s.Report.Database != "satis" {
		t.Fatal(err)
	}
	// Another layout is the same document; another word is not.
	if _, err := Check(bytes.ReplaceAll(text, []byte("\n"), []byte("\n  ")), pub); err != nil {
		t.Error("another layout:", err)
	}
	_, otherPublic, _ := NewKey()
	other, _ := ParsePublicKey(otherPublic)
	for name, try := range map[string]func() error{
		"changed": func() error {
			_, err := Check([]byte(strings.Replace(string(text), `"holds": false`, `"holds": true`, 1)), nil)
			return err
		},
		"another key": func() error { _, err := Check(text, other); return err },
		"unsigned": func() error {
			_, err := Check([]byte(`{"format":"satis-isolation/1","report":{},"key":"AA=="}`), nil)
			return err
		},
		"more": func() error {
			_, err := Check([]byte(strings.Replace(string(text), "{", `{"more": 1,`, 1)), nil)
			return err
		},
		"no key": func() error { _, err := ParseKey(public); return err },
	} {
		if try() == nil {
			t.Error(name, "passes")
		}
	}
	for lang, want := range map[string]string{"it": "una falla", "en": "has a hole"} {
		var page bytes.Buffer
		if err := s.Page(&page, lang); err != nil || !strings.Contains(page.String(), want) || !strings.Contains(page.String(), "note &lt;b&gt;") {
			t.Errorf("%s: %v\n%s", lang, err, &page)
		}
	}
	if s.Page(&bytes.Buffer{}, "fr") == nil {
		t.Error("a page in French")
	}
}
