/* One-time links (dynamic registration, the operator's console): takes the code from behind the # and sends it; at the end
   of a registration tells the LMS to close. */

import { closeWindow } from "./lms-messages.js";

const form = document.querySelector("form[data-code-from-address]");

function send() {
  const code = location.hash.slice(1);
  if (/^[A-Za-z0-9_-]{20,100}$/.test(code)) {
    form.elements.code.value = code;
    form.requestSubmit();
  }
}

if (form) {
  send();
  // A link that is pasted into a tab that shows this page already loads nothing.
  addEventListener("hashchange", send);
}

const done = document.querySelector("[data-close-window]");
if (done && closeWindow()) {
  const button = done.querySelector("[data-close]");
  button.hidden = false;
  button.addEventListener("click", closeWindow);
}
