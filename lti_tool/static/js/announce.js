/* Says a change of state to a screen reader once, without moving anything: announce("Saved 10:32:07"). */

let region = null;

export function announce(text, isUrgent = false) {
  if (!region) {
    region = document.createElement("p");
    region.className = "sr";
    document.body.append(region);
  }
  region.setAttribute("role", isUrgent ? "alert" : "status");
  region.textContent = "";
  /* An empty region must be noticed before it is filled, or equal texts are not said again. */
  requestAnimationFrame(() => { region.textContent = text; });
}
