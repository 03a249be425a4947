// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import "github.com/satis-toscana/satis/core/tenant"

// Object is a sort of thing and how it relates to the actor's tenant: "project@own".
// The caller works the relation out from the loaded row, never from the request.
type Object string

// The relations that follow the @:
//
//	own        the actor's tenant owns it
//	shared     it is shared with the actor's social services for co-design
//	submitted  it was submitted to the actor's lead agency, in the same network
//	network    it belongs to the whole network
//	self       it is the actor's own account
const (
	PersonOwn      Object = "person@own"
	PersonShared   Object = "person@shared"
	IdentityOwn    Object = "identity@own"    // the sealed fields: name, birth date, contacts, documents
	IdentityShared Object = "identity@shared" // the person's consent is asked for elsewhere, each time
	// IdentitySubmitted is that of the person of a submitted project: BreakGlass is all that
	// can ever be done to it, and nobody may do so by default.
	IdentitySubmitted Object = "identity@submitted"
	ConsentOwn        Object = "consent@own"
	ProjectOwn        Object = "project@own"
	ProjectShared     Object = "project@shared"
	ProjectSubmitted  Object = "project@submitted"

	InterventionOwn       Object = "intervention@own"
	InterventionShared    Object = "intervention@shared"
	InterventionSubmitted Object = "intervention@submitted"
	InterventionType      Object = "intervention_type@network"

	SubsidyOwn       Object = "subsidy@own"
	SubsidyShared    Object = "subsidy@shared"
	SubsidySubmitted Object = "subsidy@submitted"

	// An enrolment is a person's place on a course: it tells of a person, as all case things do.
	EnrolmentOwn    Object = "enrolment@own"
	EnrolmentShared Object = "enrolment@shared"

	TenantNetwork Object = "tenant@network"
	UserOwn       Object = "user@own"
	UserNetwork   Object = "user@network"
	PluginNetwork Object = "plugin@network"
	CourseNetwork Object = "course@network" // editions of courses, taken in by the lead agency
	PolicyNetwork Object = "policy@network"
	AuditOwn      Object = "audit@own"  // the tenant's own chain; its entries hold no case content
	NoticeOwn     Object = "notice@own" // what the tenant is told of what others did

	WorklistSelf Object = "worklist@self"
	ProfileSelf  Object = "profile@self"
	TokenSelf    Object = "token@self"
)

// Action is what is done to an Object.
type Action string

// Actions on many sorts of thing.
const (
	List   Action = "list" // one decision for the whole list
	Read   Action = "read"
	Create Action = "create"
	Update Action = "update"
	Write  Action = "write" // identity: create and correct the sealed fields
	Remove Action = "remove"
)

// Actions on consents, subsidies, users and the network's own things.
const (
	Record    Action = "record"
	Evaluate  Action = "evaluate" // subsidy: a what-if that stores nothing
	Decide    Action = "decide"   // subsidy: store the amount with its explanation
	Invite    Action = "invite"
	ListNames Action = "list_names" // colleagues, to choose reference operators among
	Activate  Action = "activate"
	Draft     Action = "draft"
	Publish   Action = "publish"
	Verify    Action = "verify"
	Export    Action = "export" // audit: take a copy out of the system
	Import    Action = "import" // courses: take editions in

	// BreakGlass opens an identity in an emergency, for a reason and a limited time.
	BreakGlass Action = "break_glass"
)

// Actions on projects; each but Edit is an event of the project's life. Submit, Approve,
// Suspend, Revoke and Withdraw also serve plugins, tenants and consents.
const (
	ShareForCoDesign Action = "share_for_co_design"
	Edit             Action = "edit"
	RecordAdhesion   Action = "record_adhesion"
	Sign             Action = "sign"
	Submit           Action = "submit"
	StartEvaluation  Action = "start_evaluation"
	RequestChanges   Action = "request_changes"
	Revise           Action = "revise"
	Recommend        Action = "recommend"
	Approve          Action = "approve"
	Reject           Action = "reject"
	Reopen           Action = "reopen"
	Start            Action = "start"
	Suspend          Action = "suspend"
	Resume           Action = "resume"
	Amend            Action = "amend"
	Extend           Action = "extend"
	Transfer         Action = "transfer"
	Complete         Action = "complete"
	Withdraw         Action = "withdraw"
	Interrupt        Action = "interrupt"
	Revoke           Action = "revoke"
	Settle           Action = "settle"
	Close            Action = "close"
)

// Permission is one thing that can be allowed.
type Permission struct {
	Object Object
	Action Action
}

// vocabulary is everything the product asks about. A rule that names anything else is
// refused, so a typing mistake in a policy cannot silently allow or deny nothing.
var vocabulary = []struct {
	object  Object
	actions []Action
}{
	{PersonOwn, []Action{List, Read, Create, Update}},
	{PersonShared, []Action{Read}},
	{IdentityOwn, []Action{Read, Write}},
	{IdentityShared, []Action{Read}},
	{IdentitySubmitted, []Action{BreakGlass}},
	{ConsentOwn, []Action{Read, Record, Withdraw}},
	{ProjectOwn, []Action{
		List, Read, Create, ShareForCoDesign, Edit, Sign, RecordAdhesion, Submit, Revise, Reopen, Start,
		Suspend, Resume, Amend, Extend, Transfer, Complete, Withdraw, Interrupt,
	}},
	{ProjectShared, []Action{List, Read, Edit, Sign, Complete}},
	{ProjectSubmitted, []Action{
		List, Read, StartEvaluation, RequestChanges, Recommend, Approve, Reject, Revoke, Settle, Close,
	}},
	{InterventionOwn, []Action{List, Read, Update}},
	{InterventionShared, []Action{List, Read}},
	{InterventionSubmitted, []Action{List, Read}},
	{InterventionType, []Action{List}},
	{SubsidyOwn, []Action{List, Evaluate, Decide}},
	{SubsidyShared, []Action{List, Evaluate, Decide}},
	{SubsidySubmitted, []Action{List}},
	{EnrolmentOwn, []Action{List, Create, Remove}},
	{EnrolmentShared, []Action{List}},
	{TenantNetwork, []Action{List, Read, Create, Update, Suspend}},
	{UserOwn, []Action{List, ListNames, Invite, Update}},
	{UserNetwork, []Action{List, Invite, Update}},
	{PluginNetwork, []Action{List, Read, Submit, Approve, Activate, Suspend, Revoke}},
	{CourseNetwork, []Action{List, Import}},
	{PolicyNetwork, []Action{Read, Draft, Publish}},
	{AuditOwn, []Action{Read, Verify, Export}},
	{NoticeOwn, []Action{List, Update}},
	{WorklistSelf, []Action{Read}},
	{ProfileSelf, []Action{Read}},
	{TokenSelf, []Action{List, Create, Remove}},
}

// Known reports whether the product ever asks about act on obj. Nothing else can be allowed.
func Known(obj Object, act Action) bool {
	_, ok := bitOf(obj, act)
	return ok
}

// Permissions lists all that is Known, in the order policies and matrices show it.
func Permissions() []Permission {
	var all []Permission
	for _, v := range vocabulary {
		for _, a := range v.actions {
			all = append(all, Permission{v.object, a})
		}
	}
	return all
}

// AllRoles lists every role, kind by kind, in the order they are shown.
func AllRoles() []tenant.Role {
	var all []tenant.Role
	for _, k := range tenant.Kinds() {
		all = append(all, tenant.RolesOf(k)...)
	}
	return all
}
