/* form[data-guard]: asks before the page is left while something typed has not been sent.
   A module that saves by itself calls markSaved(form). */

const changed = new WeakSet();

export function markSaved(form) {
  changed.delete(form);
}

export function guardForms(root) {
  const guarded = () => [...root.querySelectorAll("form[data-guard]")];
  root.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.matches("[data-guard]")) changed.add(form);
  });
  root.addEventListener("submit", (event) => markSaved(event.target));
  addEventListener("beforeunload", (event) => {
    if (guarded().some((form) => changed.has(form))) event.preventDefault();
  });
}
