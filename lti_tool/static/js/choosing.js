/* While [data-awake] is on the page its session stays open: choosing may take longer than a session may lie idle. */

import { carriedHeaders } from "./carried.js";

const EVERY = 5 * 60 * 1000;

const choice = document.querySelector("[data-awake]");
if (choice) {
  // A request that fails is no harm: the next one says the same.
  setInterval(() => fetch(choice.dataset.awake, { cache: "no-store", headers: carriedHeaders() }).catch(() => {}), EVERY);
}
