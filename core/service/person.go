// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/seal"
	"github.com/satis-toscana/satis/core/tenant"
)

// PersonView is a person as the actor may see her.
type PersonView struct {
	casework.Person
	// Identity is nil where the actor may not see it, or did not ask for it.
	Identity *casework.Identity
	// MayEdit and MaySeeIdentity say what the actor could ask for.
	MayEdit, MaySeeIdentity bool
}

// NewPerson is a person to register.
type NewPerson struct {
	Person   casework.Person
	Identity casework.Identity
	Consents []casework.Consent
	// DespiteDuplicates registers the person although others look alike.
	DespiteDuplicates bool
}

// Duplicate is a person already known to the tenant who may be the same.
type Duplicate struct {
	PersonView
	// Same names what is equal: "name", "birth_date", "document_number", "phone".
	Same []string
}

// RegisterPerson stores a new person with a sealed identity. Where others of the tenant
// look alike and the caller did not say to go on, it stores nothing and answers Conflict
// with code "possible_duplicate": see Duplicates.
func (s *Service) RegisterPerson(ctx context.Context, n NewPerson) (PersonView, error) {
	var out PersonView
	keys, err := s.ownKeys(ctx)
	if err != nil {
		return out, err
	}
	err = s.write(ctx, func(a *act) error {
		if err := a.allow(policy.PersonOwn, policy.Create, ""); err != nil {
			return err
		}
		if err := a.allow(policy.IdentityOwn, policy.Write, ""); err != nil {
			return err
		}
		p, id := a.completed(n.Person), n.Identity.Clean()
		fields := append(id.Check(a.today()), p.Check(a.today())...)
		for i, c := range n.Consents {
			for _, f := range c.Check(a.today()) {
				f.Path = "consents/" + strconv.Itoa(i) + "/" + f.Path
				fields = append(fields, f)
			}
		}
		if err := fault.OfFields(fields); err != nil {
			return err
		}
		if !n.DespiteDuplicates {
			if err := a.tx.TakeTurns(a); err != nil {
				return err
			}
			alike, err := a.tx.PersonsByTokens(a, duplicateTokens(keys, id), 1)
			if err != nil {
				return err
			}
			if len(alike) > 0 {
				return fault.New(fault.Conflict, "possible_duplicate")
			}
		}
		p.ID, p.Tenant, p.Code = casework.PersonID(newID()), a.actor.Tenant, casework.NewPersonCode()
		p.CreatedAt, p.Revision = a.at, 1
		if err := a.tx.InsertPerson(a, p); err != nil {
			return err
		}
		if err := a.putIdentity(keys, p.ID, id); err != nil {
			return err
		}
		for _, c := range n.Consents {
			c.RecordedAt = a.at
			if err := a.tx.InsertConsent(a, p.ID, c); err != nil {
				return err
			}
		}
		out = a.personView(p)
		return a.audit(policy.Create, policy.PersonOwn, string(p.ID), "despite_duplicates", strconv.FormatBool(n.DespiteDuplicates))
	})
	return answer(out, err)
}

// completed fills in what a caller may leave out.
func (a *act) completed(p casework.Person) casework.Person {
	if p.TakenInChargeOn == "" {
		p.TakenInChargeOn = a.today()
	}
	if p.MunicipalityReason == "" {
		p.MunicipalityReason = casework.Residence
	}
	p.Citizenship = strings.ToUpper(strings.TrimSpace(p.Citizenship))
	p.Municipality = strings.TrimSpace(p.Municipality)
	return p
}

// Duplicates lists the persons of the tenant who share a name and a birth date, a document
// or a telephone with the identity, with what is equal. Showing them is a read of identity.
func (s *Service) Duplicates(ctx context.Context, id casework.Identity) ([]Duplicate, error) {
	var out []Duplicate
	keys, err := s.ownKeys(ctx)
	if err != nil {
		return nil, err
	}
	id = id.Clean()
	err = s.write(ctx, func(a *act) error {
		if err := a.allow(policy.IdentityOwn, policy.Read, ""); err != nil {
			return err
		}
		out = nil
		alike, err := a.tx.PersonsByTokens(a, duplicateTokens(keys, id), 10)
		if err != nil || len(alike) == 0 {
			return err
		}
		for _, p := range alike {
			have, err := openIdentity(keys, p.ID, p.Sealed)
			if err != nil {
				return err
			}
			v := a.personView(p.Person)
			v.Identity = &have
			out = append(out, Duplicate{v, alikeIn(id, have)})
		}
		return a.audit(policy.Read, policy.IdentityOwn, "", "why", "duplicates", "persons", codes(out))
	})
	return answer(out, err)
}

func codes(list []Duplicate) string {
	out := make([]string, len(list))
	for i, d := range list {
		out[i] = d.Code
	}
	return strings.Join(out, " ")
}

func alikeIn(a, b casework.Identity) []string {
	var same []string
	add := func(name string, equal bool) {
		if equal {
			same = append(same, name)
		}
	}
	add("name", wholeName(a) == wholeName(b))
	add("birth_date", a.BirthDate == b.BirthDate)
	add("document_number", a.DocumentNumber != "" && compact(a.DocumentNumber) == compact(b.DocumentNumber))
	add("phone", a.Phone != "" && digits(a.Phone) == digits(b.Phone))
	return same
}

// Person reads one person, without the identity.
func (s *Service) Person(ctx context.Context, id casework.PersonID) (PersonView, error) {
	var out PersonView
	err := s.read(ctx, func(a *act) error {
		p, _, err := a.loadPerson(id)
		if err == nil {
			out = a.personView(p)
		}
		return err
	})
	return answer(out, err)
}

// loadPerson loads a person and asks whether the actor may read her. It tells the object
// that stands for her identity.
func (a *act) loadPerson(id casework.PersonID) (casework.Person, policy.Object, error) {
	if err := validID(id); err != nil {
		return casework.Person{}, "", err
	}
	if a.actor.Kind == tenant.LeadAgency {
		// It judges under the code: its database role may not even ask for a person.
		return casework.Person{}, "", fault.Missing()
	}
	p, err := a.tx.Person(a, id)
	if err != nil {
		return p, "", err
	}
	obj, identity := policy.PersonOwn, policy.IdentityOwn
	if p.Tenant != a.actor.Tenant {
		obj, identity = policy.PersonShared, policy.IdentityShared
	}
	return p, identity, a.allow(obj, policy.Read, string(p.ID))
}

func (a *act) personView(p casework.Person) PersonView {
	own := p.Tenant == a.actor.Tenant
	return PersonView{Person: p, MayEdit: own && a.may(policy.PersonOwn, policy.Update),
		MaySeeIdentity: (own && a.may(policy.IdentityOwn, policy.Read)) || (!own && a.may(policy.IdentityShared, policy.Read))}
}

// PersonQuery narrows a list of persons.
type PersonQuery struct {
	// Code is exact. Name is any words of the name, each spelled out; accents and case do not matter.
	Code, Name string
	// WithIdentity asks for the identities too: a read that is audited.
	WithIdentity bool
	Page         PageRequest
}

// Persons lists the persons of the actor's tenant, newest first.
func (s *Service) Persons(ctx context.Context, q PersonQuery) (Page[PersonView], error) {
	var out Page[PersonView]
	page, err := q.Page.page()
	if err != nil {
		return out, err
	}
	keys, err := s.ownKeys(ctx)
	if err != nil {
		return out, err
	}
	in := s.read
	if q.WithIdentity || q.Name != "" {
		in = s.write // it appends to the audit
	}
	err = in(ctx, func(a *act) error {
		if err := a.allow(policy.PersonOwn, policy.List, ""); err != nil {
			return err
		}
		f := postgres.PersonFilter{Code: strings.ToUpper(strings.TrimSpace(q.Code)), Page: page}
		if words := seal.Words(q.Name); len(words) > 0 {
			// A search by name tells whether a name is known: it is a read of identity.
			if err := a.allow(policy.IdentityOwn, policy.Read, ""); err != nil {
				return err
			}
			for _, w := range words {
				f.Tokens = append(f.Tokens, keys.Blind("word", w))
			}
		}
		rows, err := a.tx.Persons(a, f)
		if err != nil {
			return err
		}
		cutRows := cut(q.Page, rows, func(p casework.Person) (time.Time, string) { return p.CreatedAt, string(p.ID) })
		out = Page[PersonView]{Next: cutRows.Next, Items: make([]PersonView, len(cutRows.Items))}
		for i, p := range cutRows.Items {
			out.Items[i] = a.personView(p)
		}
		opened := q.WithIdentity && a.may(policy.IdentityOwn, policy.Read)
		if opened {
			if err := a.fillIdentities(keys, out.Items); err != nil {
				return err
			}
		}
		if opened || len(f.Tokens) > 0 {
			return a.audit(policy.Read, policy.IdentityOwn, "", "why", "list", "persons", personCodes(out.Items))
		}
		return nil
	})
	return answer(out, err)
}

func personCodes(list []PersonView) string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.Code
	}
	return strings.Join(out, " ")
}

func (a *act) fillIdentities(keys *seal.Keys, list []PersonView) error {
	ids := make([]casework.PersonID, len(list))
	for i, p := range list {
		ids[i] = p.ID
	}
	sealed, err := a.tx.SealedIdentities(a, a.actor.Tenant, ids)
	if err != nil {
		return err
	}
	for i, p := range list {
		if box, ok := sealed[p.ID]; ok {
			id, err := openIdentity(keys, p.ID, box)
			if err != nil {
				return err
			}
			list[i].Identity = &id
		}
	}
	return nil
}

// UpdatePerson stores changed case facts where nobody changed them since base; Stale otherwise.
func (s *Service) UpdatePerson(ctx context.Context, p casework.Person, base int64) (PersonView, error) {
	var out PersonView
	err := s.write(ctx, func(a *act) error {
		old, _, err := a.loadPerson(p.ID)
		if err != nil {
			return err
		}
		if err := a.allow(policy.PersonOwn, policy.Update, string(p.ID)); err != nil {
			return err
		}
		p := a.completed(p)
		p.Tenant, p.Code, p.CreatedAt, p.Revision = old.Tenant, old.Code, old.CreatedAt, base
		if err := fault.OfFields(p.Check(a.today())); err != nil {
			return err
		}
		if p.PriorHousingMonths < old.PriorHousingMonths {
			// Fewer months before would make room after others have relied on there being none.
			inUse, err := a.tx.InUse(a, p.ID)
			if err != nil {
				return err
			}
			if inUse {
				return fault.OfFields([]fault.Field{fault.At("prior_housing_months", "months_in_use")})
			}
		}
		if err := a.tx.UpdatePerson(a, p); err != nil {
			return err
		}
		p.Revision++
		out = a.personView(p)
		return a.audit(policy.Update, policy.PersonOwn, string(p.ID))
	})
	return answer(out, err)
}

// Identity opens a person's identity: for the operators of her entity, and for the service
// she agreed to be known to. Every reading is in the audit.
func (s *Service) Identity(ctx context.Context, id casework.PersonID) (casework.Identity, error) {
	var out casework.Identity
	owner, err := s.ownerOf(ctx, id)
	if err != nil {
		return out, err
	}
	keys, err := s.tenantKeys(ctx, owner)
	if err != nil {
		return out, err
	}
	err = s.write(ctx, func(a *act) error {
		p, identity, err := a.loadPerson(id)
		if err != nil {
			return err
		}
		if err := a.allow(identity, policy.Read, string(id)); err != nil {
			return err
		}
		sealed, err := a.tx.Identity(a, p.Tenant, id)
		if fault.Is(err, fault.NotFound) && identity == policy.IdentityShared {
			return a.refuse(identity, policy.Read, string(id), fault.New(fault.Forbidden, "no_consent_to_identity"))
		}
		if err != nil {
			return err
		}
		if out, err = openIdentity(keys, id, sealed); err != nil {
			return err
		}
		return a.audit(policy.Read, identity, string(id))
	})
	return answer(out, err)
}

// ownerOf tells whose person it is, where the actor may read her.
func (s *Service) ownerOf(ctx context.Context, id casework.PersonID) (t tenant.ID, err error) {
	err = s.read(ctx, func(a *act) error {
		p, _, err := a.loadPerson(id)
		t = p.Tenant
		return err
	})
	return t, err
}

// UpdateIdentity corrects a person's identity where nobody changed the person since base.
func (s *Service) UpdateIdentity(ctx context.Context, id casework.PersonID, identity casework.Identity, base int64) error {
	keys, err := s.ownKeys(ctx)
	if err != nil {
		return err
	}
	identity = identity.Clean()
	return s.write(ctx, func(a *act) error {
		p, _, err := a.loadPerson(id)
		if err != nil {
			return err
		}
		if err := a.allow(policy.IdentityOwn, policy.Write, string(id)); err != nil {
			return err
		}
		if err := fault.OfFields(identity.Check(a.today())); err != nil {
			return err
		}
		p.Revision = base
		if err := a.tx.UpdatePerson(a, p); err != nil {
			return err
		}
		if err := a.putIdentity(keys, id, identity); err != nil {
			return err
		}
		return a.audit(policy.Write, policy.IdentityOwn, string(id))
	})
}

// RecordConsent stores a person's answer. An answer is never changed: a new one follows it.
func (s *Service) RecordConsent(ctx context.Context, id casework.PersonID, c casework.Consent) error {
	return s.write(ctx, func(a *act) error {
		p, _, err := a.loadPerson(id)
		if err != nil {
			return err
		}
		do := policy.Record
		if !c.Given {
			do = policy.Withdraw
		}
		if err := a.allow(policy.ConsentOwn, do, string(p.ID)); err != nil {
			return err
		}
		if err := fault.OfFields(c.Check(a.today())); err != nil {
			return err
		}
		c.RecordedAt = a.at
		if err := a.tx.InsertConsent(a, p.ID, c); err != nil {
			return err
		}
		return a.audit(do, policy.ConsentOwn, string(p.ID), "consent", string(c.Kind))
	})
}

// Consents reads a person's latest answers.
func (s *Service) Consents(ctx context.Context, id casework.PersonID) (casework.Consents, error) {
	var out casework.Consents
	err := s.read(ctx, func(a *act) error {
		p, _, err := a.loadPerson(id)
		if err != nil {
			return err
		}
		if err := a.allow(policy.ConsentOwn, policy.Read, string(p.ID)); err != nil {
			return err
		}
		out, err = a.tx.Consents(a, p.Tenant, p.ID)
		return err
	})
	return answer(out, err)
}

// ownKeys opens the keys of the actor's own tenant. The lead agency has no persons.
func (s *Service) ownKeys(ctx context.Context) (*seal.Keys, error) {
	a, err := tenant.From(ctx)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unauthenticated, "sign_in")
	}
	return s.tenantKeys(ctx, a.Tenant)
}

func (a *act) putIdentity(keys *seal.Keys, id casework.PersonID, identity casework.Identity) error {
	plain, err := json.Marshal(identity)
	if err != nil {
		return fmt.Errorf("service: encode identity: %w", err)
	}
	sealed, err := keys.Seal(identityPlace(id), plain)
	if err != nil {
		return fmt.Errorf("service: seal identity: %w", err)
	}
	return a.tx.PutIdentity(a, id, sealed, identityTokens(keys, identity), a.at)
}

func identityPlace(id casework.PersonID) seal.Place {
	return seal.Place{Table: "person_identity", Column: "sealed", Row: string(id)}
}

func openIdentity(keys *seal.Keys, id casework.PersonID, sealed []byte) (casework.Identity, error) {
	var out casework.Identity
	plain, err := keys.Open(identityPlace(id), sealed)
	if err != nil {
		return out, fault.Wrap(err, fault.Internal, "identity_unreadable")
	}
	return out, json.Unmarshal(plain, &out)
}

// identityTokens are the keyed hashes a person is found by: each word of the name, and
// what duplicates share.
func identityTokens(keys *seal.Keys, id casework.Identity) [][]byte {
	out := duplicateTokens(keys, id)
	for _, w := range seal.Words(id.GivenName + " " + id.FamilyName) {
		out = append(out, keys.Blind("word", w))
	}
	return out
}

// duplicateTokens are what a likely duplicate shares at least one of: the whole name in
// any order, one of its names with the birth date, a document, a telephone.
func duplicateTokens(keys *seal.Keys, id casework.Identity) [][]byte {
	out := [][]byte{keys.Blind("name", wholeName(id))}
	if id.BirthDate != "" {
		out = append(out, keys.Blind("given+birth", seal.Normalize(id.GivenName)+"|"+string(id.BirthDate)),
			keys.Blind("family+birth", seal.Normalize(id.FamilyName)+"|"+string(id.BirthDate)))
	}
	if d := compact(id.DocumentNumber); d != "" {
		out = append(out, keys.Blind("document", d))
	}
	if d := digits(id.Phone); len(d) >= 6 {
		out = append(out, keys.Blind("phone", d))
	}
	return out
}

// wholeName sorts the words: given and family name are easily exchanged.
func wholeName(id casework.Identity) string {
	words := seal.Words(id.GivenName + " " + id.FamilyName)
	slices.Sort(words)
	return strings.Join(words, " ")
}

func compact(s string) string { return strings.ReplaceAll(seal.Normalize(s), " ", "") }

// digits keeps the last ten: the rest is a country's prefix.
func digits(s string) string {
	d := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	return d[max(0, len(d)-10):]
}
