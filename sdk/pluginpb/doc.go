// SPDX-License-Identifier: BSD-3-Clause

// Package pluginpb is the contract between core and plugins as Go code, generated from
// sdk/proto. Authors use package sdk instead.
package pluginpb

//go:generate go run ../proto/generate ../proto .
