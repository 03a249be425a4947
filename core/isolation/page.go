// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// words are a language's.
type words map[string]string

var languages = map[string]words{
	"it": {"lang": "it", "title": "Le organizzazioni sono separate?", "holds": "Sì: tutte le prove reggono", "broken": "No: un muro ha una falla", "database": "Base dati", "asked": "Server", "began": "Iniziata",
		"took": "Durata", "product": "Versione", "checked": "controlli", "key": "Impronta della chiave di firma", "ok": "regge", "bad": "non regge", "object": "Dove", "why": "Perché",
		"foot":    "Il documento firmato è il file JSON accanto: si verifica con “satis verify report”.",
		Catalogue: "Catalogo della base dati: ogni regola del muro", Matrix: "Rotta × ruolo × {proprio, altrui, sconosciuto}", Canary: "Canarini: nessuna parola di un'organizzazione arriva all'altra",
		Mutation: "Mutazioni: ogni falla aperta apposta viene trovata", Pool: "Connessione condivisa: nessuna riga di chi c'era prima", Server: "Server in funzione: altrui e sconosciuto rispondono uguale"},
	"en": {"lang": "en", "title": "Are the organisations kept apart?", "holds": "Yes: every proof holds", "broken": "No: a wall has a hole", "database": "Database", "asked": "Server", "began": "Began",
		"took": "Took", "product": "Version", "checked": "checks", "key": "Fingerprint of the signing key", "ok": "holds", "bad": "does not hold", "object": "Where", "why": "Why",
		"foot":    "The signed document is the JSON file beside this page: “satis verify report” checks it.",
		Catalogue: "Catalogue of the database: every rule of the wall", Matrix: "Route × role × {own, another's, unknown}", Canary: "Canaries: no word of one organisation reaches another",
		Mutation: "Mutations: each hole broken on purpose is found", Pool: "A shared connection: no row of whoever was there before", Server: "A running server: another's and unknown answer alike"},
}

// Page writes the report for people, in Italian or English ("it", "en"), as one page that
// needs nothing else.
func (s Signed) Page(w io.Writer, lang string) error {
	t, ok := languages[lang]
	if !ok {
		return fmt.Errorf("isolation: no language %q", lang)
	}
	sum := sha256.Sum256(s.Key)
	return pageTemplate.Execute(w, map[string]any{"T": t, "R": s.Report, "Key": hex.EncodeToString(sum[:8])})
}
