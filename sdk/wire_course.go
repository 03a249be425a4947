// SPDX-License-Identifier: BSD-3-Clause

package sdk

import "github.com/satis-toscana/satis/sdk/pluginpb"

// EncodeFeed makes the message that hands a feed over. It is for hosts.
func EncodeFeed(f Feed) *pluginpb.ImportRequest {
	return &pluginpb.ImportRequest{Catalog: f.Catalog, Format: f.Format, AsOf: f.AsOf, Content: f.Content}
}

// DecodeFeed reads a feed as a catalog gets it.
func DecodeFeed(m *pluginpb.ImportRequest) Feed {
	return Feed{Catalog: m.GetCatalog(), Format: m.GetFormat(), AsOf: m.GetAsOf(), Content: m.GetContent()}
}

// EncodeImport makes the message of an import. It is for the serving side.
func EncodeImport(i Import) *pluginpb.ImportResponse {
	return &pluginpb.ImportResponse{Editions: encodeEditions(i.Editions), Diagnostics: encodeDiagnostics(i.Diagnostics)}
}

// DecodeImport reads an import. It does not check it: see Import.Check.
func DecodeImport(m *pluginpb.ImportResponse) Import {
	return Import{Editions: decodeEditions(m.GetEditions()), Diagnostics: DecodeDiagnostics(m.GetDiagnostics())}
}

// EncodeQuery makes the message of a search. It is for hosts.
func EncodeQuery(q CourseQuery) *pluginpb.SearchRequest {
	return &pluginpb.SearchRequest{
		Catalog: q.Catalog, Text: q.Text, IstatCode: q.ISTATCode, From: q.From, To: q.To, Area: string(q.Area),
		Limit: q.Limit, Offset: q.Offset, Editions: encodeEditions(q.Editions),
	}
}

// DecodeQuery reads a search as a catalog gets it.
func DecodeQuery(m *pluginpb.SearchRequest) CourseQuery {
	return CourseQuery{
		Catalog: m.GetCatalog(), Text: m.GetText(), ISTATCode: m.GetIstatCode(), From: m.GetFrom(), To: m.GetTo(), Area: Area(m.GetArea()),
		Limit: m.GetLimit(), Offset: m.GetOffset(), Editions: decodeEditions(m.GetEditions()),
	}
}

// EncodePage makes the message of a page. It is for the serving side.
func EncodePage(p CoursePage) *pluginpb.SearchResponse {
	return &pluginpb.SearchResponse{Editions: encodeEditions(p.Editions), Total: p.Total}
}

// DecodePage reads a page. It does not check it: see CoursePage.Check.
func DecodePage(m *pluginpb.SearchResponse) CoursePage {
	return CoursePage{Editions: decodeEditions(m.GetEditions()), Total: m.GetTotal()}
}

func encodeEditions(list []Edition) []*pluginpb.Edition {
	var out []*pluginpb.Edition
	for _, e := range list {
		m := &pluginpb.Edition{
			Id: e.ID, Course: e.Course, Title: encodeText(e.Title), Area: string(e.Area), Provider: e.Provider,
			IstatCode: e.ISTATCode, Municipality: e.Municipality, Starts: e.Starts, Ends: e.Ends, EnrolBy: e.EnrolBy,
			Hours: e.Hours, Seats: e.Seats, Level: e.Level, CostCents: e.CostCents, Childcare: e.Childcare,
		}
		if e.Qualification != (Text{}) {
			m.Qualification = encodeText(e.Qualification)
		}
		for _, p := range e.Prerequisites {
			m.Prerequisites = append(m.Prerequisites, &pluginpb.Prerequisite{Code: p.Code, Text: encodeText(p.Text)})
		}
		out = append(out, m)
	}
	return out
}

func decodeEditions(list []*pluginpb.Edition) []Edition {
	var out []Edition
	for _, m := range list {
		e := Edition{
			ID: m.GetId(), Course: m.GetCourse(), Title: decodeText(m.GetTitle()), Area: Area(m.GetArea()), Provider: m.GetProvider(),
			ISTATCode: m.GetIstatCode(), Municipality: m.GetMunicipality(), Starts: m.GetStarts(), Ends: m.GetEnds(), EnrolBy: m.GetEnrolBy(),
			Hours: m.GetHours(), Seats: m.GetSeats(), Level: m.GetLevel(), CostCents: m.GetCostCents(), Childcare: m.GetChildcare(),
			Qualification: decodeText(m.GetQualification()),
		}
		for _, p := range m.GetPrerequisites() {
			e.Prerequisites = append(e.Prerequisites, Prerequisite{Code: p.GetCode(), Text: decodeText(p.GetText())})
		}
		out = append(out, e)
	}
	return out
}
