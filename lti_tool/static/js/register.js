/* Dynamic registration: takes the invitation's code from behind the # and sends it; at the end tells the LMS to close. */

import { closeWindow } from "./lms-messages.js";

const form = document.querySelector("form[data-code-from-address]");
const code = location.hash.slice(1);
if (form && /^[A-Za-z0-9_-]{20,100}$/.test(code)) {
  form.elements.code.value = code;
  form.requestSubmit();
}

const done = document.querySelector("[data-close-window]");
if (done && closeWindow()) {
  const button = done.querySelector("[data-close]");
  button.hidden = false;
  button.addEventListener("click", closeWindow);
}
