/* The editor of lessons: saves the draft by itself, keeps the preview up to date, uploads files, colours Markdown. */

import { enhanceMarkdown } from "./editor-markdown.js";
import { enhanceUploads } from "./editor-upload.js";
import { send } from "./request.js";
import { markSaved } from "./unsaved.js";

const PREVIEW_AFTER = 700;
const SAVE_AFTER = 4000;
const form = document.getElementById("editor");
const preview = document.getElementById("preview");
const state = document.getElementById("draft-state");
const say = (text) => { state.querySelector("[data-text]").textContent = text; };
let previewTimer = 0;
let saveTimer = 0;
let saving = false;
let shown = 0;

function changed() {
  say(state.dataset.changed);
  clearTimeout(previewTimer);
  clearTimeout(saveTimer);
  previewTimer = setTimeout(showPreview, PREVIEW_AFTER);
  saveTimer = setTimeout(save, SAVE_AFTER);
}

async function showPreview() {
  const mine = ++shown;
  try {
    const told = await send(form.dataset.preview, { form: new FormData(form) });
    if (mine === shown) preview.innerHTML = told.html;
  } catch {
    /* The preview stays as it was; saving says what is wrong. */
  }
}

async function save() {
  if (saving) return;
  saving = true;
  say(state.dataset.saving);
  const before = JSON.stringify([...new FormData(form)]);
  try {
    const told = await send(form.action, { form: new FormData(form) });
    form.elements.revision.value = told.revision;
    say(told.saved);
    markSaved(form);
  } catch (error) {
    say(error.message || state.dataset.failed);
  } finally {
    saving = false;
  }
  /* What was typed while the answer was on its way is saved next. */
  const now = JSON.stringify([...new FormData(form)].map(([name, value]) => [name, name === "revision" ? "" : value]));
  const then = JSON.stringify(JSON.parse(before).map(([name, value]) => [name, name === "revision" ? "" : value]));
  if (now !== then) changed();
}

form.addEventListener("input", changed);
form.addEventListener("change", (event) => {
  if (event.target.matches("[data-resaves]")) form.requestSubmit();
});
form.addEventListener("submit", () => { clearTimeout(saveTimer); clearTimeout(previewTimer); });
enhanceUploads(form, changed);
enhanceMarkdown(form, changed);
