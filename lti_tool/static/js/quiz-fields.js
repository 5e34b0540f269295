/* The fields of a question as a response, and back. */

const fields = (section) => [...section.querySelectorAll("[name^=q]")];

export function read(section) {
  const all = fields(section);
  switch (section.dataset.kind) {
    case "single": return all.find((field) => field.checked)?.value ?? null;
    case "multiple": return all.filter((field) => field.checked).map((field) => field.value);
    case "true_false": {
      const chosen = all.find((field) => field.checked);
      return chosen ? chosen.value === "true" : null;
    }
    case "fill_in": return all.map((field) => field.value);
    default: return all[0].value;
  }
}

export function fill(section, response) {
  const given = Array.isArray(response) ? response : [String(response)];
  fields(section).forEach((field, place) => {
    if (field.type === "radio" || field.type === "checkbox") field.checked = given.includes(field.value);
    else field.value = response === null ? "" : given[place] ?? "";
  });
}

export function isAnswered(section) {
  const response = read(section);
  if (section.dataset.kind === "fill_in") return response.every((text) => text.trim());
  if (Array.isArray(response)) return response.length > 0;
  return typeof response === "boolean" || Boolean(response?.trim());
}
