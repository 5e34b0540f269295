/* Short messages: said once to a screen reader, gone after six seconds, staying while they are pointed at or focused. */

const STAYS = 6000;

export function toast(text, action = null) {
  const place = document.getElementById("toasts");
  if (!place || !text) return null;
  const note = document.createElement("p");
  note.className = "toast";
  note.append(text);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action.label;
    button.addEventListener("click", () => { note.remove(); action.run(); });
    note.append(button);
  }
  place.replaceChildren(note);
  leaveLater(note);
  return note;
}

function leaveLater(note) {
  let timer;
  const start = () => { timer = setTimeout(() => note.remove(), STAYS); };
  const stop = () => clearTimeout(timer);
  note.addEventListener("mouseenter", stop);
  note.addEventListener("mouseleave", start);
  note.addEventListener("focusin", stop);
  note.addEventListener("focusout", start);
  start();
}

/* Toasts that the server wrote into the page move to their place. */
export function keepToasts(root) {
  const place = document.getElementById("toasts");
  for (const note of root.querySelectorAll("[data-toast]")) {
    place?.append(note);
    leaveLater(note);
  }
}
