// SPDX-License-Identifier: AGPL-3.0-or-later

/** Empties the page at once and leaves it out of the history. The address ends the session. */
export function quickExit() {
  document.querySelector("[data-quick-exit]")?.addEventListener("click", (event) => {
    event.preventDefault();
    const to = event.currentTarget.href;
    document.title = "…";
    document.body.replaceChildren();
    location.replace(to);
  });
}
