/* Menus are <details class="drop">: they open without us. We close them on Escape, on a click elsewhere and when the
   focus leaves. While one is open, what stands beside it is inert: nothing half covered can be hit by mistake. */

let aside = [];

function setAside(menu) {
  for (let each = menu; each !== document.body; each = each.parentElement) {
    for (const other of each.parentElement.children) {
      if (other !== each && !other.inert && other.localName !== "script") {
        other.inert = true;
        aside.push(other);
      }
    }
  }
}

function bringBack() {
  for (const other of aside) other.inert = false;
  aside = [];
}

export function enhanceMenus(root) {
  root.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.("details.drop")) return;
    bringBack();
    if (menu.open) setAside(menu);
  }, true);

  root.addEventListener("click", (event) => {
    for (const menu of root.querySelectorAll("details.drop[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  root.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && root.querySelector("details.drop[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  root.addEventListener("focusout", (event) => {
    const menu = event.target.closest?.("details.drop[open]");
    if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}
