// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build !linux

package pluginhost

import (
	"errors"
	"io"
)

var errNoMemfd = errors.New("no sealed memory here")

func newImage(path, name string) (*image, error) { return newImageAt(path, name) }

func sealedImage(io.Reader, string) (*image, error) { return nil, errNoMemfd }
