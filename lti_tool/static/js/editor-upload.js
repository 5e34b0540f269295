/* Upload fields: [data-upload="<id of the text field>"] gets a file button that fills the field with the new address. */

import { send } from "./request.js";

export function enhanceUploads(form, changed) {
  for (const place of form.querySelectorAll("[data-upload]")) place.append(chooser(form, place, changed));
}

function chooser(form, place, changed) {
  const field = document.getElementById(place.dataset.upload);
  const label = document.createElement("label");
  label.className = "btn btn--sm";
  const words = document.createElement("span");
  words.textContent = place.dataset.label;
  const input = document.createElement("input");
  input.type = "file";
  input.accept = place.dataset.accept;
  input.className = "sr";
  label.append(words, input);
  input.addEventListener("change", async () => {
    if (!input.files.length) return;
    words.textContent = place.dataset.busy;
    try {
      const body = new FormData();
      body.append("context", form.dataset.context);
      body.append("file", input.files[0]);
      field.value = (await send(form.dataset.uploadTo, { form: body })).url;
      changed();
      words.textContent = place.dataset.label;
    } catch (error) {
      words.textContent = `${error.message} ${error.action || ""}`;
    }
    input.value = "";
  });
  return label;
}
