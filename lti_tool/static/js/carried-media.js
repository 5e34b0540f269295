/* Images, videos and downloads of pages without cookies: a browser fetches them by itself, so each needs a ticket.

A ticket is good for ten minutes; what is asked for later gets a new one, and a video goes on where it was. One that does
not come even so gets the event "lost"; "again" on it asks once more (media-trouble.js). */

import { resume } from "./media-resume.js";

const MEDIA = /^\/media\/([A-Za-z0-9_-]{16,32})(?:\?|$)/;
const AT_ONCE = 50;
const NOT_AGAIN_WITHIN = 60_000;
const PLACES = [["src", "[src^='/media/']"], ["poster", "[poster^='/media/']"], ["href", "a[href^='/media/']"]];

const referenceOf = (address) => MEDIA.exec(address ?? "")?.[1];

async function tickets(references, fetched) {
  const found = {};
  for (let from = 0; from < references.length; from += AT_ONCE) {
    const body = JSON.stringify({ references: references.slice(from, from + AT_ONCE) });
    const headers = { "Content-Type": "application/json", Accept: "application/json" };
    try {
      const answer = await fetched("/media/tickets", { method: "POST", headers, body });
      if (answer.ok) Object.assign(found, (await answer.json()).tickets);
    } catch { /* The picture is missing, the page is there; it is asked for again when somebody needs it. */ }
  }
  return found;
}

async function give(root, fetched) {
  const places = [];
  for (const [name, selector] of PLACES) {
    const elements = [...root.querySelectorAll(selector), ...(root.matches?.(selector) ? [root] : [])];
    for (const element of elements) {
      const address = element.getAttribute(name);
      const reference = address.includes("ticket=") ? null : referenceOf(address);
      if (reference) places.push([element, name, reference]);
    }
  }
  if (!places.length) return;
  const found = await tickets([...new Set(places.map((each) => each[2]))], fetched);
  for (const [element, name, reference] of places) {
    if (found[reference]) element.setAttribute(name, found[reference]);
  }
}

/** The same page with a ticket at everything that the browser will fetch by itself. */
export async function ticketed(html, fetched) {
  if (!html.includes("/media/")) return html;
  const page = new DOMParser().parseFromString(html, "text/html");
  await give(page, fetched);
  return `<!doctype html>${page.documentElement.outerHTML}`;
}

/** Gives tickets to what is put into the page later, and new ones when they have run out. */
export function watchMedia(page, fetched) {
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) give(node, fetched);
    }
  }).observe(page, { childList: true, subtree: true });
  page.addEventListener("error", (event) => renew(event.target, fetched), true);
  page.addEventListener("again", (event) => renew(event.target, fetched, true));
  page.addEventListener("click", (event) => open(event, page, fetched), true);
}

async function renew(element, fetched, isAsked = false) {
  const media = element.localName === "source" ? element.parentElement : element;
  const reference = referenceOf(element.getAttribute?.("src"));
  if (!reference) return;
  const isLate = Date.now() - (media.dataset.renewed ?? 0) < NOT_AGAIN_WITHIN;
  media.dataset.renewed = Date.now();
  const isPlaying = isAsked || !media.paused;
  const found = isLate && !isAsked ? {} : await tickets([reference], fetched);
  if (!found[reference]) media.dispatchEvent(new Event("lost"));
  else if (media.load) resume(media, { address: found[reference], isPlaying });
  else element.setAttribute("src", found[reference]);
}

async function open(event, page, fetched) {
  const link = event.target.closest?.("a[href^='/media/']");
  const reference = referenceOf(link?.getAttribute("href"));
  if (!reference || link.dataset.leads !== undefined) return;
  event.preventDefault();
  event.stopPropagation();
  const found = await tickets([reference], fetched);
  if (!found[reference]) return;
  const way = page.createElement("a");
  way.href = found[reference];
  way.target = "_blank";
  way.rel = "noopener";
  /* The browser itself shall follow this one: neither we nor the page around. */
  way.dataset.leads = "";
  way.addEventListener("click", (click) => click.stopPropagation());
  page.body.append(way);
  way.click();
  way.remove();
}
