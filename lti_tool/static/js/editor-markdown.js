/* CodeMirror over textarea[data-markdown], if it was collected at build time; the textarea stays the form's field. */

const VENDOR = "../vendor/codemirror.js";

export async function enhanceMarkdown(form, changed) {
  const areas = [...form.querySelectorAll("textarea[data-markdown]")];
  if (!areas.length || matchMedia("(pointer: coarse)").matches) return;
  let kit;
  try {
    kit = await import(VENDOR);
  } catch {
    return; /* Not collected: the plain textareas do. */
  }
  for (const area of areas) cover(kit, area, changed);
}

function cover(kit, area, changed) {
  const { EditorView, EditorState, keymap, history, historyKeymap, defaultKeymap, markdown, markdownKeymap } = kit;
  const keys = keymap.of([...markdownKeymap, ...historyKeymap, ...defaultKeymap]);
  const follow = EditorView.updateListener.of((update) => {
    if (!update.docChanged) return;
    area.value = update.state.doc.toString();
    changed();
  });
  const label = document.querySelector(`label[for="${area.id}"]`)?.textContent ?? "";
  const attributes = EditorView.contentAttributes.of({ "aria-label": label });
  const nonce = document.querySelector("script[nonce]")?.nonce;
  const extensions = [
    history(), markdown(), keys, follow, attributes, EditorView.lineWrapping,
    ...(nonce && EditorView.cspNonce ? [EditorView.cspNonce.of(nonce)] : []),
  ];
  const view = new EditorView({ state: EditorState.create({ doc: area.value, extensions }) });
  view.dom.classList.add("block__src");
  area.before(view.dom);
  area.hidden = true;
}
