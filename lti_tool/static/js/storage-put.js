/* Before the LMS is asked who is there: a secret of this browser goes into the LMS's storage (PS-01, PS-02, PS-03). */

import { ask, capabilities } from "./lms-messages.js";

const form = document.getElementById("put");
const busy = document.getElementById("busy");
const other = document.getElementById("window");
const { key, frame, origin } = form.dataset;

busy.hidden = false;
other.hidden = true;
try {
  const put = (await capabilities()).get("put_data");
  const value = Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const named = put && put.frame !== "_parent" ? put.frame : frame;
  await ask(put?.subject ?? "lti.put_data", { key, value }, { origin, frame: named, wait: 2000 });
  form.elements.storage_secret.value = value;
  form.submit();
} catch {
  busy.hidden = true;
  other.hidden = false;
}
