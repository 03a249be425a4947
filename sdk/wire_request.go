// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// EncodeRequest makes the message that asks for a decision. It holds the facts that the
// form declares, that are visible and answered, in the order of the form; nothing else.
// It is for hosts; authors never need it.
func EncodeRequest(declared form.Form, r SubsidyRequest) *pluginpb.EvaluateRequest {
	return &pluginpb.EvaluateRequest{
		Subsidy: r.Subsidy, AsOf: r.AsOf, Locale: r.Locale,
		Facts: encodeFacts(declared, declared.Canonical(r.Facts)),
	}
}

// encodeFacts takes canonical values only.
func encodeFacts(declared form.Form, values map[string]any) []*pluginpb.Fact {
	if len(values) == 0 {
		return nil
	}
	// One piece of memory for all: a batch makes many.
	made := make([]struct {
		fact  pluginpb.Fact
		value pluginpb.Value
	}, len(values))
	out := make([]*pluginpb.Fact, 0, len(values))
	for i := range declared.Fields {
		f := &declared.Fields[i]
		if v, there := values[f.Name]; there {
			m := &made[len(out)]
			encodeValue(&m.value, f, v)
			m.fact.Name, m.fact.Value = f.Name, &m.value
			out = append(out, &m.fact)
		}
	}
	return out
}

func encodeValue(out *pluginpb.Value, f *form.Field, v any) {
	switch f.Kind {
	case form.KindInteger, form.KindPersonCount:
		out.Kind = &pluginpb.Value_Whole{Whole: v.(int64)}
	case form.KindMoney:
		out.Kind = &pluginpb.Value_Cents{Cents: v.(int64)}
	case form.KindDate:
		out.Kind = &pluginpb.Value_Date{Date: v.(string)}
	case form.KindDateRange:
		m := v.(map[string]any)
		out.Kind = &pluginpb.Value_Range{Range: &pluginpb.DateRange{From: str(m["from"]), To: str(m["to"])}}
	case form.KindChoice:
		out.Kind = &pluginpb.Value_Choice{Choice: v.(string)}
	case form.KindMultiChoice:
		out.Kind = &pluginpb.Value_Choices{Choices: &pluginpb.Choices{Values: v.([]string)}}
	case form.KindYesNo:
		out.Kind = &pluginpb.Value_Yes{Yes: v.(bool)}
	case form.KindFile:
		out.Kind = &pluginpb.Value_File{File: v.(string)}
	case form.KindCourse:
		m := v.(map[string]any)
		out.Kind = &pluginpb.Value_Course{Course: &pluginpb.Course{
			Title: str(m["title"]), Catalog: str(m["catalog"]), Edition: str(m["edition"]),
		}}
	case form.KindTable:
		table := &pluginpb.Table{}
		for _, row := range v.([]map[string]any) {
			table.Rows = append(table.Rows, &pluginpb.Row{Cells: encodeFacts(form.Form{Fields: f.Columns}, row)})
		}
		out.Kind = &pluginpb.Value_Table{Table: table}
	default:
		out.Kind = &pluginpb.Value_Text{Text: v.(string)}
	}
}

func str(v any) string {
	s, _ := v.(string)
	return s
}

// DecodeRequest reads a request as a rule gets it. It does not check the facts.
func DecodeRequest(m *pluginpb.EvaluateRequest) SubsidyRequest {
	return SubsidyRequest{Subsidy: m.GetSubsidy(), AsOf: m.GetAsOf(), Locale: m.GetLocale(), Facts: decodeFacts(m.GetFacts())}
}

func decodeFacts(facts []*pluginpb.Fact) Facts {
	out := make(Facts, len(facts))
	for _, f := range facts {
		out[f.GetName()] = decodeValue(f.GetValue())
	}
	return out
}

func decodeValue(v *pluginpb.Value) any {
	switch k := v.GetKind().(type) {
	case *pluginpb.Value_Text:
		return k.Text
	case *pluginpb.Value_Whole:
		return k.Whole
	case *pluginpb.Value_Cents:
		return k.Cents
	case *pluginpb.Value_Date:
		return k.Date
	case *pluginpb.Value_Range:
		return given("from", k.Range.GetFrom(), "to", k.Range.GetTo())
	case *pluginpb.Value_Choice:
		return k.Choice
	case *pluginpb.Value_Choices:
		return append([]string{}, k.Choices.GetValues()...)
	case *pluginpb.Value_Yes:
		return k.Yes
	case *pluginpb.Value_File:
		return k.File
	case *pluginpb.Value_Course:
		return given("title", k.Course.GetTitle(), "catalog", k.Course.GetCatalog(), "edition", k.Course.GetEdition())
	case *pluginpb.Value_Table:
		rows := make([]map[string]any, 0, len(k.Table.GetRows()))
		for _, r := range k.Table.GetRows() {
			rows = append(rows, decodeFacts(r.GetCells()))
		}
		return rows
	}
	return nil
}

// given makes an object of names and values, without those that are empty.
func given(pairs ...string) map[string]any {
	out := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out[pairs[i]] = pairs[i+1]
		}
	}
	return out
}
