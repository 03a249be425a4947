// SPDX-License-Identifier: AGPL-3.0-or-later

/** What is answered under a name: the chosen options, or the text. */
function answers(form, name) {
  return [...form.elements].filter((e) => e.name === name && (!/radio|checkbox/.test(e.type) || e.checked)).map((e) => e.value);
}

/** Hides the questions that the other answers make needless. The server does the same when it reads. */
function applyConditions(form) {
  for (const field of form.querySelectorAll("[data-when]")) {
    const wanted = field.dataset.whenIn.split(" ");
    field.hidden = !answers(form, field.dataset.when).some((a) => wanted.includes(a));
  }
}

/** Keeps the questions in step with the answers. May be called again: it listens once. */
export function conditions() {
  for (const form of document.querySelectorAll("form")) {
    applyConditions(form);
    if (form.dataset.watched) continue;
    form.dataset.watched = "yes";
    form.addEventListener("change", () => applyConditions(form));
  }
}

/** Asks before leaving a page whose form was changed and not sent. */
export function guardUnsaved() {
  for (const form of document.querySelectorAll("form[data-guard]")) {
    form.addEventListener("input", () => { form.dataset.changed = "yes"; });
    form.addEventListener("submit", () => { delete form.dataset.changed; });
  }
  addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-changed]")) event.preventDefault();
  });
}
