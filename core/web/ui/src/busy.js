// SPDX-License-Identifier: AGPL-3.0-or-later

/** Forms whose answer takes seconds say so, and are sent once. Coming back finds them as they were. */
export function busyForms() {
  for (const form of document.querySelectorAll("form[data-busy]")) {
    form.addEventListener("submit", (event) => {
      const text = form.querySelector("[data-busy-text]");
      if (text) text.textContent = text.dataset.busyText;
      // After the browser has read which button was pressed: a disabled one is not sent along.
      setTimeout(() => {
        event.submitter?.setAttribute("disabled", "");
        form.setAttribute("aria-busy", "true");
      });
    });
  }
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[aria-busy]")) {
      form.removeAttribute("aria-busy");
      form.querySelector("button[disabled]")?.removeAttribute("disabled");
      const text = form.querySelector("[data-busy-text]");
      if (text) text.textContent = "";
    }
  });
}
