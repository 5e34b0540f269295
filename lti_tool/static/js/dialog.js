/* [data-opens="id"] opens a native dialog, [data-closes] inside it closes it. Without us the opener is a link to the
   dialog, which then stands open in the page (dialog:target). */

export function openDialog(dialog, opener = null) {
  if (dialog.open) return;
  dialog.showModal();
  if (opener && !dialog.classList.contains("sheet")) placeNear(dialog, opener);
  dialog.addEventListener("close", () => opener?.focus(), { once: true });
}

/* In a tall frame the middle of the viewport may be off screen, so a dialog opens at the height of its button. */
function placeNear(dialog, opener) {
  if (window.top === window || window.innerHeight < 900) return;
  const wanted = opener.getBoundingClientRect().bottom - dialog.offsetHeight / 2;
  const top = Math.max(16, Math.min(wanted, window.innerHeight - dialog.offsetHeight - 16));
  dialog.style.marginTop = `${top}px`;
}

export function enhanceDialogs(root) {
  root.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-opens]");
    const dialog = opener && document.getElementById(opener.dataset.opens);
    if (dialog instanceof HTMLDialogElement) {
      event.preventDefault();
      openDialog(dialog, opener);
      return;
    }
    const closer = event.target.closest?.("[data-closes]");
    if (closer?.closest("dialog")?.open) {
      event.preventDefault();
      closer.closest("dialog").close();
    }
  });

  /* A role of button answers the space bar too. */
  root.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target.matches?.("a[role=button]")) {
      event.preventDefault();
      event.target.click();
    }
  });
}
