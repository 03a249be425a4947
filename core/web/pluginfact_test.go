// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk/form"
)

// The page of a version tells what is asked otherwise in the reader's words.
func TestFactChangesInWords(t *testing.T) {
	texts, err := LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	change := service.PluginChange{Kind: "changed", What: "fact", Class: "case", Label: form.Text{IT: "Mesi", EN: "Months"}, Details: []service.FactChange{
		{What: "max", Old: "12", New: "6"}, {What: "min", New: "150000", Unit: "cents"}, {What: "required", Old: "no", New: "yes"}, {What: "option_added", New: "7"}, {What: "hint"}}}
	for lang, want := range map[string]string{
		"it": "Massimo: prima 12, ora 6. Minimo: prima nessuno, ora 1.500,00\u00a0€. Obbligatorio: prima no, ora sì. Nuova risposta possibile: 7. Suggerimento cambiato. ",
		"en": "Maximum: before 12, now 6. Minimum: before none, now €1,500.00. Required: before no, now yes. New possible answer: 7. Hint changed. ",
	} {
		f := &frame{Lang: lang, texts: texts}
		if got := changeOfPlugin(f, change).More; !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}
