// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the pages do beyond HTML. Every flow also works without this file.
import htmx from "htmx.org/dist/htmx.esm.js";
import "./expose.js";
import "htmx.org/dist/ext/hx-csp.js";
import { quickExit } from "./quick-exit.js";
import { sessionWarning } from "./session.js";
import { conditions, guardUnsaved } from "./forms.js";
import { busyForms } from "./busy.js";
import { closeMenus, takeFocus } from "./small.js";

document.documentElement.classList.add("js");
quickExit();
sessionWarning();
conditions();
guardUnsaved();
closeMenus();
takeFocus();
busyForms();

// After a fragment came in: its questions may depend on others, and its first new field wants the focus.
document.addEventListener("htmx:after:swap", () => {
  conditions();
  document.querySelector("[autofocus]:not([data-focused])")?.focus();
});

export default htmx;
