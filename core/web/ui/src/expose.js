// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The extensions of htmx look for it in the window. A module of its own, so that it runs
// between htmx and the extensions.
import htmx from "htmx.org/dist/htmx.esm.js";

window.htmx = htmx;
