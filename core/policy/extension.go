// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// Extension is what a plugin may be used for: what its approved manifest offers, in the
// organisations for which the lead agency activated it.
type Extension struct {
	// Plugin and Version are the manifest's. Two versions of a plugin are two extensions.
	Plugin, Version string
	// Offers are sort:code, as OfferOf spells them.
	Offers []string
	// Tenants are the organisations for which it is active.
	Tenants []tenant.ID
}

// The sorts of thing that a plugin offers.
const (
	OfferSubsidy = "subsidy" // a rule that works out an amount
	OfferType    = "type"    // a type of intervention
	OfferCatalog = "catalog" // a catalogue of courses
)

// OfferOf spells an offer: OfferOf(OfferSubsidy, "rent") is "subsidy:rent".
func OfferOf(sort, code string) string { return sort + ":" + code }

var (
	extensionID      = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	extensionVersion = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)
	extensionOffer   = regexp.MustCompile(`^(` + OfferSubsidy + `|` + OfferType + `|` + OfferCatalog + `):[a-z][a-z0-9_]*$`)
)

// pluginPrefix tells Casbin, as the other prefixes do, that an id is a plugin's.
const pluginPrefix = "plugin:"

// id names an extension among all: the plugin and its version.
func (e Extension) id() string { return pluginPrefix + e.Plugin + "@" + e.Version }

// offers are the extensions of one or more organisations that have the same.
type offers struct {
	list []Extension    // sorted by plugin
	by   map[string]int // offer → place in list
}

// WithExtensions makes a snapshot of the same policy that also knows what plugins may be
// used for; those that the receiver knew are replaced. The receiver does not change.
//
// The error is of kind fault.Invalid with fields "extensions/<number>/…", counted from 1: an
// id, version, offer or organisation that is malformed or stands twice, a plugin active twice
// in one organisation, or one offer from two plugins active in one organisation.
func (s *Snapshot) WithExtensions(list []Extension) (*Snapshot, error) {
	if err := checkExtensions(list); err != nil {
		return nil, err
	}
	held := make([]Extension, len(list))
	for i, e := range list {
		e.Offers, e.Tenants = slices.Clone(e.Offers), slices.Clone(e.Tenants)
		held[i] = e
	}
	slices.SortStableFunc(held, func(a, b Extension) int { return cmp.Compare(a.Plugin, b.Plugin) })
	next := *s
	next.extensions = compileExtensions(held)
	next.casbin = lazyReference(s.rules, s.grants, held)
	return &next, nil
}

// AllowedThrough reports whether the actor may do act to an obj with a plugin's help: his own
// right, as Allowed tells it, and an extension that offers it, active for the organisation
// that owns the thing. It allocates nothing.
func (s *Snapshot) AllowedThrough(a tenant.Actor, obj Object, act Action, owner tenant.ID, offer string) bool {
	return s.Allowed(a, obj, act) && ownerFits(a, obj, owner) && s.extensions[owner].has(offer)
}

// Extensions lists those active for an organisation, sorted by plugin. Their lists are the
// snapshot's: they are not to be changed.
func (s *Snapshot) Extensions(owner tenant.ID) []Extension {
	if o := s.extensions[owner]; o != nil {
		return slices.Clone(o.list)
	}
	return nil
}

// OfferedBy finds the extension active for an organisation that offers something. Its lists
// are the snapshot's: they are not to be changed.
func (s *Snapshot) OfferedBy(owner tenant.ID, offer string) (Extension, bool) {
	o := s.extensions[owner]
	if !o.has(offer) {
		return Extension{}, false
	}
	return o.list[o.by[offer]], true
}

// AllowedThroughByCasbin answers as AllowedThrough does, by Casbin, and names the extension
// as plugin@version, "" where none offers it. It is for tests and explanations.
func (s *Snapshot) AllowedThroughByCasbin(a tenant.Actor, obj Object, act Action, owner tenant.ID, offer string) (allowed bool, by string, err error) {
	mine, err := s.AllowedByCasbin(a, obj, act)
	if err != nil {
		return false, "", err
	}
	// As in Explain: Casbin is asked about organisations that have an extension only.
	if s.extensions[owner] == nil {
		return false, "", nil
	}
	ref, err := s.casbin()
	if err != nil {
		return false, "", err
	}
	for _, id := range ref.plugins {
		ok, err := ref.askExtension(id, owner, offer)
		if err != nil {
			return false, "", err
		}
		if ok {
			return mine && ownerFits(a, obj, owner), strings.TrimPrefix(id, pluginPrefix), nil
		}
	}
	return false, "", nil
}

// ownerFits refuses a thing called the actor's own that another organisation owns: a caller
// that mixed up two organisations gets no, not the other's plugins.
func ownerFits(a tenant.Actor, obj Object, owner tenant.ID) bool {
	return !strings.HasSuffix(string(obj), "@own") || owner == a.Tenant
}

func (o *offers) has(offer string) bool {
	if o == nil {
		return false
	}
	_, ok := o.by[offer]
	return ok
}

// compileExtensions folds a checked and sorted list into what each organisation has.
// Organisations with the same share one.
func compileExtensions(list []Extension) map[tenant.ID]*offers {
	active := map[tenant.ID][]int{}
	for i, e := range list {
		for _, t := range e.Tenants {
			active[t] = append(active[t], i)
		}
	}
	shared := map[string]*offers{}
	out := make(map[tenant.ID]*offers, len(active))
	for t, which := range active {
		key := fmt.Sprint(which)
		if shared[key] == nil {
			shared[key] = offersOf(list, which)
		}
		out[t] = shared[key]
	}
	return out
}

func offersOf(list []Extension, which []int) *offers {
	o := &offers{by: map[string]int{}}
	for place, i := range which {
		o.list = append(o.list, list[i])
		for _, offer := range list[i].Offers {
			o.by[offer] = place
		}
	}
	return o
}

// Codes of a refused extension.
const (
	codeExtensionMalformed = "extension_malformed"
	codeExtensionTwice     = "extension_twice"
	codeExtensionClash     = "extension_same_offer"
)

// checkExtensions looks at each by itself and at what meets in one organisation.
func checkExtensions(list []Extension) error {
	var bad []fault.Field
	ids := map[string]bool{}
	type at struct {
		tenant tenant.ID
		what   string
	}
	active, offered := map[at]bool{}, map[at]bool{}
	for i, e := range list {
		path := fmt.Sprintf("extensions/%d", i+1)
		complain := func(part, code string) { bad = append(bad, fault.At(path+"/"+part, code)) }
		switch {
		case !extensionID.MatchString(e.Plugin):
			complain("plugin", codeExtensionMalformed)
		case !extensionVersion.MatchString(e.Version):
			complain("version", codeExtensionMalformed)
		case ids[e.id()]:
			complain("plugin", codeExtensionTwice)
		}
		ids[e.id()] = true
		if code := faultInOffers(e.Offers); code != "" {
			complain("offers", code)
		}
		for _, t := range e.Tenants {
			switch plugin := (at{t, e.Plugin}); {
			case !tenant.ValidUUID(string(t)):
				complain("tenants", codeExtensionMalformed)
				continue
			case active[plugin]:
				complain("tenants", codeExtensionTwice)
				continue
			default:
				active[plugin] = true
			}
			for _, o := range slices.Compact(slices.Sorted(slices.Values(e.Offers))) {
				if offered[at{t, o}] {
					complain("offers", codeExtensionClash)
				}
				offered[at{t, o}] = true
			}
		}
	}
	if len(bad) == 0 {
		return nil
	}
	e := fault.New(fault.Invalid, "extensions_refused")
	e.Fields = bad[:min(len(bad), maxComplaints)]
	return e
}

func faultInOffers(list []string) string {
	seen := map[string]bool{}
	for _, o := range list {
		if !extensionOffer.MatchString(o) {
			return codeExtensionMalformed
		}
		if seen[o] {
			return codeExtensionTwice
		}
		seen[o] = true
	}
	return ""
}
