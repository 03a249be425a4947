// SPDX-License-Identifier: AGPL-3.0-or-later

/** Menus made of <details> close on Escape and on a click beside them. */
export function closeMenus() {
  const open = () => document.querySelectorAll("details[data-closes][open]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
}

/** The error summary takes the focus, so that it is read out first. */
export function takeFocus() {
  document.querySelector("[data-takes-focus]")?.focus();
}
