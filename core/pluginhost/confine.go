// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"errors"

	"github.com/satis-toscana/satis/core/pluginhost/jail"
)

// errJail says that the launcher could not close the jail.
var errJail = errors.New("the jail could not be closed")

// confine decides whether a plugin runs in the jail, and tells the class of the fault where
// it must and cannot. A plugin that came with the installation runs outside where there is
// no jail; a stranger's does not, unless the operator has allowed it.
func (h *Host) confine(b *bundle) (jailed bool, fault string) {
	possible := h.JailProblem() == nil && b.image.sealed != nil
	stranger := b.publisher != ""
	switch {
	case stranger && b.image.interpreter != "":
		return false, faultDynamic
	case possible:
		return true, ""
	case stranger && !h.cfg.AllowUnjailed:
		return false, faultNoJail
	}
	h.cfg.Logger.Warn("a plugin runs outside the jail", "plugin", b.manifest.ID)
	return false, ""
}

// JailProblem says why plugins cannot be jailed on this machine, or nil. The text is for
// the people who run it.
func (h *Host) JailProblem() error {
	if h.cfg.NoJail {
		return errors.New("the jail is switched off")
	}
	return jail.Available()
}
