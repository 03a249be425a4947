// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The workbench of a plugin's author: the page renews itself when the plugin was built anew.
// What was typed goes along, because the form is sent again. Served as it stands, so that it
// is there in a binary that was compiled without the built script.
(() => {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  const again = document.querySelector("form[data-again]");

  /** Asks for this page anew, with everything typed, and notes where the reader was. */
  function renew() {
    sessionStorage.setItem("place", JSON.stringify({ path: location.pathname, y: scrollY, id: document.activeElement?.id ?? "" }));
    if (again) again.requestSubmit(again.querySelector("[data-again-button]"));
    else location.replace(location.href);
  }

  const place = JSON.parse(sessionStorage.getItem("place") ?? "null");
  sessionStorage.removeItem("place");
  if (place?.path === location.pathname) {
    if (place.id) document.getElementById(place.id)?.focus({ preventScroll: true });
    scrollTo(0, place.y);
  }

  const news = new EventSource("/eventi?da=" + live.dataset.live);
  news.addEventListener("message", (event) => {
    if (event.data === live.dataset.live) return;
    news.close();
    renew();
  });

  // Another language is another page: what was typed goes along here too.
  document.querySelector("form.languages")?.addEventListener("submit", async (event) => {
    if (!again) return;
    event.preventDefault();
    const body = new URLSearchParams({ lang: event.submitter.value, back: "/" });
    await fetch("/lingua", { method: "POST", body, redirect: "manual" });
    renew();
  });
})();
