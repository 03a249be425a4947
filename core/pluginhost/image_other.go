// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build !linux

package pluginhost

func newImage(path, name string) (*image, error) { return newImageAt(path, name) }
