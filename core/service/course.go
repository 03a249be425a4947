// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

// CourseFilter narrows a search for courses. Empty fields narrow nothing.
type CourseFilter struct {
	// Text are words that must all begin a word of the edition; case and accents do not count.
	Text string
	// Municipality is a name as EditionPlaces gives it, or an ISTAT code.
	Municipality string
	// Area is one of casework.Areas.
	Area string
	// From and To bound the first day.
	From, To casework.Date
	Catalog  string
	// Open leaves out what nobody can be enrolled in today.
	Open bool
}

// Courses is a page of editions.
type Courses struct {
	Page[casework.Edition]
	// Total is how many match in all.
	Total int
	// Places are the municipalities to choose among, Catalogs the catalogs that are active for
	// the actor's organisation.
	Places   []string
	Catalogs []pluginhost.Catalog
}

// Courses searches the catalogs that are active for the actor's organisation, the soonest
// first. Invalid at "from", "to", "area" or "catalog" for what cannot be.
func (s *Service) Courses(ctx context.Context, f CourseFilter, r PageRequest) (Courses, error) {
	var out Courses
	err := s.read(ctx, func(a *act) error {
		if err := a.allow(policy.CourseNetwork, policy.List, ""); err != nil {
			return err
		}
		q, err := a.editionFilter(f, r)
		if err != nil {
			return err
		}
		out.Catalogs = a.catalogList()
		if out.Items, out.Total, err = a.tx.Editions(a, q); err != nil {
			return err
		}
		if next := q.Offset + len(out.Items); next < out.Total && len(out.Items) > 0 {
			out.Next = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(next)))
		}
		out.Places, err = a.tx.EditionPlaces(a, a.catalogs())
		return err
	})
	return answer(out, err)
}

func (a *act) editionFilter(f CourseFilter, r PageRequest) (postgres.EditionFilter, error) {
	q := postgres.EditionFilter{Catalogs: a.catalogs(), Words: sdk.SearchWords(f.Text), Municipality: strings.TrimSpace(f.Municipality), Area: f.Area,
		From: f.From, To: f.To, FreeOnly: f.Open, Today: a.today(), Limit: r.size()}
	var fields []fault.Field
	for path, d := range map[string]casework.Date{"from": f.From, "to": f.To} {
		if d != "" && !d.Valid() {
			fields = append(fields, fault.At(path, "bad_date"))
		}
	}
	if f.From != "" && f.To != "" && f.To < f.From && len(fields) == 0 {
		fields = append(fields, fault.At("to", "from_after_to"))
	}
	if f.Area != "" && !slices.Contains(casework.Areas(), f.Area) {
		fields = append(fields, fault.At("area", form.CodeNotAnOption))
	}
	if f.Catalog != "" {
		if !slices.Contains(q.Catalogs, f.Catalog) {
			fields = append(fields, fault.At("catalog", form.CodeNotAnOption))
		}
		q.Catalogs = []string{f.Catalog}
	}
	if len(f.Text) > 200 {
		fields = append(fields, fault.At("text", "too_long", "limit", "200"))
	}
	if r.Cursor != "" {
		raw, _ := base64.RawURLEncoding.DecodeString(r.Cursor) // what is left of a bad one is no number
		var err error
		if q.Offset, err = strconv.Atoi(string(raw)); err != nil || q.Offset < 0 {
			fields = append(fields, fault.At("cursor", "bad_cursor"))
		}
	}
	slices.SortFunc(fields, func(a, b fault.Field) int { return strings.Compare(a.Path, b.Path) })
	return q, fault.OfFields(fields)
}

// Course reads one edition; NotFound where its catalog is not active for the actor's organisation.
func (s *Service) Course(ctx context.Context, catalog, id string) (casework.Edition, error) {
	var out casework.Edition
	err := s.read(ctx, func(a *act) (err error) {
		if err := a.allow(policy.CourseNetwork, policy.List, ""); err != nil {
			return err
		}
		if !slices.Contains(a.catalogs(), catalog) {
			return fault.Missing()
		}
		out, err = a.tx.Edition(a, catalog, id)
		return err
	})
	return answer(out, err)
}

// CourseImport is what an import of courses did, or would do.
type CourseImport struct {
	Catalog string
	// Read counts the editions of the feed; the others say what becomes of them.
	Read, New, Changed, Unchanged int
	// Withdrawn are editions that the feed does not have any more; WithdrawnTaken counts the
	// seats that people have in them.
	Withdrawn, WithdrawnTaken int
	// Remarks tell what was left out: "3" is the third line, "3/seats" a column of it.
	Remarks []sdk.Diagnostic
	// Stored is false for a trial.
	Stored bool
}

// ImportRequest asks for an import of courses.
type ImportRequest struct {
	Catalog string
	// Format is one that the catalog's plugin reads. Empty takes over the editions that the
	// plugin itself comes with; Content does not count then.
	Format  string
	Content []byte
	// Trial tells what would be done and stores nothing.
	Trial bool
	// AcceptWithdrawals stores an import that withdraws many editions: see ImportCourses.
	AcceptWithdrawals bool
}

// MaxCourseFeed is the size in bytes that no feed may exceed.
const MaxCourseFeed = 3 << 20

// ImportCourses has a catalog's plugin read a feed and stores the editions. A feed is the
// whole catalog: an edition that is not in it is withdrawn, and who is enrolled in it stays.
// Invalid at "catalog", "format" or "content" (feed_empty where nothing could be read of it);
// Unavailable where the plugin does not answer. A feed that was cut off must not empty a
// catalog: where it would withdraw more than a third of what is offered, and ten editions at
// least, it is a Conflict, many_withdrawn, unless AcceptWithdrawals.
func (s *Service) ImportCourses(ctx context.Context, r ImportRequest) (CourseImport, error) {
	out := CourseImport{Catalog: r.Catalog}
	x, actor, err := s.importer(ctx, r)
	if err != nil {
		return out, err
	}
	if len(r.Content) > MaxCourseFeed {
		return out, fault.OfFields([]fault.Field{fault.At("content", "too_large", "limit", itoa(MaxCourseFeed>>20)+" MiB")})
	}
	plugin, err := s.run(ctx, actor.Network, x.ref)
	if err != nil {
		return out, err
	}
	feed, err := readFeed(ctx, plugin, actor.Tenant, r, string(casework.DateOf(s.now())))
	if err != nil {
		return out, err
	}
	do := s.write
	if r.Trial {
		do = s.read
	}
	err = do(ctx, func(a *act) error {
		if err := a.allow(policy.CourseNetwork, policy.Import, ""); err != nil {
			return err
		}
		if len(feed.Editions) == 0 && !r.Trial {
			return fault.OfFields([]fault.Field{fault.At("content", "feed_empty")})
		}
		out = CourseImport{Catalog: r.Catalog, Read: len(feed.Editions), Remarks: feed.Diagnostics, Stored: !r.Trial}
		return a.takeEditions(&out, x, feed.Editions, r.AcceptWithdrawals)
	})
	return answer(out, err)
}

// importer finds the plugin of a catalog: of whichever approved version an organisation uses.
func (s *Service) importer(ctx context.Context, r ImportRequest) (x extension, actor tenant.Actor, err error) {
	err = s.read(ctx, func(a *act) error {
		if err := a.allow(policy.CourseNetwork, policy.Import, ""); err != nil {
			return err
		}
		actor = a.actor
		for _, owner := range a.ownersOf() {
			if found, ok := a.offered(a.rules, owner, policy.OfferOf(policy.OfferCatalog, r.Catalog)); ok {
				x = found
				return nil
			}
		}
		return fault.OfFields([]fault.Field{fault.At("catalog", form.CodeNotAnOption)})
	})
	return x, actor, err
}

// readFeed has the plugin read what was uploaded, or list what it comes with.
func readFeed(ctx context.Context, p *pluginhost.Plugin, t tenant.ID, r ImportRequest, today string) (sdk.Import, error) {
	if r.Format != "" {
		return p.ImportCourses(ctx, t, sdk.Feed{Catalog: r.Catalog, Format: r.Format, AsOf: today, Content: r.Content})
	}
	var out sdk.Import
	for {
		page, err := p.SearchCourses(ctx, t, sdk.CourseQuery{Catalog: r.Catalog, Limit: 200, Offset: int32(len(out.Editions))})
		if err != nil {
			return out, err
		}
		out.Editions = append(out.Editions, page.Editions...)
		if len(page.Editions) == 0 || len(out.Editions) >= int(page.Total) {
			// The pages together must make sense as one import: no id twice.
			if err := out.Check(); err != nil {
				return out, fault.Wrap(err, fault.Unavailable, "plugin_bad_answer")
			}
			return out, nil
		}
	}
}

// takeEditions compares a feed with what is stored, and stores it unless it is a trial.
func (a *act) takeEditions(out *CourseImport, x extension, feed []sdk.Edition, accept bool) error {
	have, err := a.tx.EditionsOf(a, out.Catalog)
	if err != nil {
		return err
	}
	known := map[string]casework.Edition{}
	for _, e := range have {
		known[e.ID] = e
	}
	var put []casework.Edition
	for _, f := range feed {
		e := editionOf(out.Catalog, x.ref.ID, f)
		e.ImportedAt = a.at
		old, was := known[e.ID]
		delete(known, e.ID)
		switch {
		case !was:
			out.New++
		case old.SameCourse(e):
			out.Unchanged++
			continue
		default:
			out.Changed++
		}
		put = append(put, e)
	}
	var gone []string
	offered := 0
	for _, e := range have {
		if !e.Withdrawn && e.LastDay() >= a.today() {
			offered++
		}
	}
	open := 0
	for id, e := range known {
		if !e.Withdrawn {
			if e.LastDay() >= a.today() {
				open++
			}
			gone = append(gone, id)
			out.Withdrawn++
			out.WithdrawnTaken += e.Taken
		}
	}
	if !out.Stored {
		return nil
	}
	if open >= 10 && 3*open > offered && !accept {
		return fault.New(fault.Conflict, "many_withdrawn", "count", itoa(out.Withdrawn))
	}
	if err := a.tx.PutEditions(a, put); err != nil {
		return err
	}
	if len(gone) > 0 {
		slices.Sort(gone)
		if err := a.tx.WithdrawEditions(a, out.Catalog, gone, a.at); err != nil {
			return err
		}
	}
	return a.audit(policy.Import, policy.CourseNetwork, "", "catalog", out.Catalog, "plugin", x.ref.ID+" "+x.ref.Version, "new", itoa(out.New),
		"changed", itoa(out.Changed), "withdrawn", itoa(out.Withdrawn), "remarks", itoa(len(out.Remarks)))
}

// editionOf is a plugin's edition in the core's words.
func editionOf(catalog, plugin string, e sdk.Edition) casework.Edition {
	needs := make([]casework.Prerequisite, len(e.Prerequisites))
	for i, p := range e.Prerequisites {
		needs[i] = casework.Prerequisite{Code: p.Code, Text: p.Text}
	}
	return casework.Edition{Catalog: catalog, ID: e.ID, Course: e.Course, Title: e.Title, Area: string(e.Area), Provider: e.Provider, ISTATCode: e.ISTATCode,
		Municipality: e.Municipality, Starts: casework.Date(e.Starts), Ends: casework.Date(e.Ends), EnrolBy: casework.Date(e.EnrolBy), Hours: int(e.Hours),
		Seats: int(e.Seats), Level: e.Level, Qualification: e.Qualification, Prerequisites: needs, CostCents: e.CostCents, Childcare: e.Childcare,
		Plugin: plugin, SearchText: " " + strings.Join(e.SearchWords(), " ")}
}
