/* A video that does not come says so in a sentence, with a button that goes on where it stopped. */

import { carrier } from "./carried.js";
import { resume } from "./media-resume.js";

/* Around pages without cookies a new ticket is fetched first; "lost" says that this did not help (carried-media.js). */
const LOST = carrier() ? "lost" : "error";

for (const note of document.querySelectorAll("[data-trouble]")) {
  const video = note.parentElement.querySelector("video");
  video.addEventListener(LOST, () => { note.hidden = false; });
  video.addEventListener("loadeddata", () => { note.hidden = true; });
  note.querySelector("button").addEventListener("click", () => {
    note.hidden = true;
    if (carrier()) video.dispatchEvent(new Event("again", { bubbles: true }));
    else resume(video, { isPlaying: true });
  });
}
