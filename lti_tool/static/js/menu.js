/* Menus are <details class="drop">: they open without us. We close them on Escape, on a click elsewhere, and when the
   focus leaves, and keep only one open. */

export function enhanceMenus(root) {
  root.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (menu.matches?.("details.drop") && menu.open) {
      for (const other of root.querySelectorAll("details.drop[open]")) if (other !== menu) other.open = false;
    }
  }, true);

  root.addEventListener("click", (event) => {
    for (const menu of root.querySelectorAll("details.drop[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  root.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.("details.drop[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  root.addEventListener("focusout", (event) => {
    const menu = event.target.closest?.("details.drop[open]");
    if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}
