/* Pages that are lists ask the LMS for a frame as high as they are (PM-05); only where it says that it can do that. */

import { capabilities, lmsWindow } from "./lms-messages.js";

const LOWEST = 200;
const HIGHEST = 10_000;
const PAUSE = 150;

/** The height to ask for, whatever the page measures. */
export function clamped(height) {
  return Math.min(HIGHEST, Math.max(LOWEST, Math.ceil(height) || LOWEST));
}

/** Follows the height of the page from now on, at most once in 150 ms; resolves with whether the LMS can resize. */
export async function fitFrame(page = document.documentElement) {
  const target = window.opener ? null : lmsWindow();
  const resize = target && (await capabilities()).get("frameResize");
  if (!resize) return false;
  let asked = 0;
  let timer = 0;
  const send = () => {
    timer = 0;
    const height = clamped(page.getBoundingClientRect().height);
    if (height === asked) return;
    asked = height;
    target.postMessage({ subject: resize.subject, height }, "*");
  };
  new ResizeObserver(() => {
    timer ||= setTimeout(send, PAUSE);
  }).observe(page);
  return true;
}
