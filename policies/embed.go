// SPDX-License-Identifier: AGPL-3.0-or-later

// Package policies holds the Casbin model and the policy a new network starts with, as files
// that administrators can read. It only embeds them; core/policy gives them their meaning.
package policies

import "embed"

// Model is the Casbin model: the shape of requests, rules and grants, and how they match.
//
//go:embed model.conf
var Model string

// Files holds <tenant kind>.csv, the default rules of that kind's roles.
//
//go:embed implementing_entity.csv social_services.csv lead_agency.csv
var Files embed.FS

// Must holds the cases that no version of a policy may turn.
//
//go:embed must.csv
var Must string
