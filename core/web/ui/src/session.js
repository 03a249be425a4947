// SPDX-License-Identifier: AGPL-3.0-or-later

const warnBefore = 5 * 60; // seconds

/** To the sign-in page: nothing of a case stays on the screen. What was typed is sent along, and kept there. */
function leave() {
  const form = document.querySelector("form[data-changed]");
  if (form) form.requestSubmit();
  else location.reload();
}

/** Warns five minutes before the session ends, and offers to go on. */
export function sessionWarning() {
  const dialog = document.getElementById("session-warning");
  let ends = Number(document.body.dataset.sessionEnds);
  if (!dialog || !ends) return;

  const look = () => {
    const left = ends - Date.now() / 1000;
    if (left <= 0) leave();
    else if (left <= warnBefore && !dialog.open) dialog.showModal();
    if (left > 0) setTimeout(look, Math.max(1000, Math.min((left - warnBefore) * 1000, 60_000)));
  };
  dialog.querySelector("[data-session-keep]").addEventListener("click", async () => {
    const answer = await fetch("/sessione", { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return location.reload();
    ends = (await answer.json()).ends;
    dialog.close();
  });
  look();
}
