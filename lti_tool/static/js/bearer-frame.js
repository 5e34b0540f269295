/* A browser without cookies: this page holds the bearer, fetches every page with it, and shows it in a frame of its own.

The bearer is in a variable here, and for a reload in the storage of our frame, or in the state of its history where the
browser denies storage too; it stands in no address.
Pages are the same as everywhere: each gets a document of its own, and its links and forms come to us. */

import { NAME } from "./carried.js";
import { ticketed, watchMedia } from "./carried-media.js";

const place = document.getElementById("carried");
const { frame, address: first } = place.dataset;
const given = place.dataset.bearer;
delete place.dataset.bearer;
/* A frame of its own per launch: another launch in the same tab has another bearer. */
const slot = `dangke.${new URL(frame, location.href).searchParams.get("k")}`;
const nonce = document.querySelector("script[nonce]").nonce;
const leave = document.getElementById("leave");
let here = "";
let shown = null;
let again = () => {};

/** What the entries of our history hold: nothing where storage does. */
let state = null;
if (given && !store(given)) state = { bearer: given };
const bearer = given || stored() || history.state?.bearer || "";
if (given) history.replaceState(state, "", `${frame}#${first}`);
else state = history.state;
window.dangkeCarrier = { bearer, adopt };

function store(value) {
  try {
    sessionStorage.setItem(slot, value);
    return true;
  } catch {
    return false;
  }
}

function stored() {
  try { return sessionStorage.getItem(slot); } catch { return null; }
}

/** Fetches with the bearer; rejects when there is no answer. */
function fetched(address, options = {}) {
  const headers = { Accept: "text/html", ...options.headers, Authorization: `Bearer ${bearer}` };
  return fetch(address, { ...options, headers, credentials: "omit", cache: "no-store" });
}

/** Shows the page of an address, or the answer to a form. */
async function show(address, options = {}, isNew = true) {
  again = () => show(address, options, isNew);
  let answer;
  try {
    answer = await fetched(address, options);
  } catch {
    cover("unreachable");
    return;
  }
  const type = answer.headers.get("Content-Type") ?? "";
  if (!type.startsWith("text/html")) {
    await keep(answer);
    return;
  }
  const html = await answer.text();
  const [path, fragment = ""] = address.split("#");
  const isPage = !options.method || answer.redirected;
  const reached = isPage ? answer.url.slice(location.origin.length) : path;
  const theirs = /'nonce-([^']+)'/.exec(answer.headers.get("Content-Security-Policy") ?? "")?.[1];
  const source = await ticketed(theirs ? html.replaceAll(`nonce="${theirs}"`, `nonce="${nonce}"`) : html, fetched);
  if (isPage) {
    here = reached;
    if (isNew && `#${reached}` !== location.hash) history.pushState(state, "", `#${reached}`);
  }
  put(source, fragment);
}

function put(source, fragment) {
  const page = document.createElement("iframe");
  page.id = NAME;
  page.className = "carried__page";
  page.allow = "fullscreen";
  page.srcdoc = source;
  page.addEventListener("load", () => {
    const inner = page.contentDocument;
    document.title = page.title = inner.title;
    document.documentElement.lang = inner.documentElement.lang;
    page.contentWindow.focus();
    if (fragment) inner.getElementById(fragment)?.scrollIntoView();
  }, { once: true });
  cover(null);
  shown?.remove();
  shown = page;
  document.getElementById("main").append(page);
}

function cover(id) {
  for (const each of ["ended", "unreachable"]) document.getElementById(each).hidden = each !== id;
  if (shown) shown.hidden = id !== null;
}

/** What is no page is a file: it is kept under its name. */
async function keep(answer) {
  const name = /filename\*?=(?:UTF-8'')?"?([^";]+)/i.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = decodeURIComponent(name);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A page of ours begins inside: what leads away from it comes to us. On its window, so after its own listeners. */
function adopt(inner) {
  const { document: page } = inner;
  inner.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button !== 0) return;
    const target = addressed(link.getAttribute("href"));
    if (!target || link.target === "_top" || link.target === "_parent") return;
    event.preventDefault();
    if (link.getAttribute("href").startsWith("#")) reach(page, target.hash);
    else go(relative(target));
  });
  inner.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || form.method === "dialog") return;
    const action = addressed(submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "");
    if (!action) {
      form.target ||= "_parent"; // To another site: in the place that the LMS gave us, not inside our page.
      return;
    }
    event.preventDefault();
    const data = new inner.FormData(form);
    if (submitter?.name) data.append(submitter.name, submitter.value);
    const method = (submitter?.getAttribute("formmethod") ?? form.method).toUpperCase();
    if (method === "GET") {
      action.search = new URLSearchParams(data);
      go(relative(action));
    } else {
      const hasFile = [...data.values()].some((value) => typeof value !== "string");
      go(relative(action), { method, body: hasFile ? data : new URLSearchParams(data) });
    }
  });
  watchMedia(page, fetched);
}

/** The address that something on the shown page leads to; null where it leads to another site. */
function addressed(written) {
  const url = new URL(written, new URL(here, location.origin));
  return url.origin === location.origin ? url : null;
}

function relative(url) {
  return `${url.pathname}${url.search}${url.hash}`;
}

function reach(page, hash) {
  const target = hash.length > 1 ? page.getElementById(decodeURIComponent(hash.slice(1))) : page.body;
  target?.scrollIntoView();
  if (target && !target.matches("a, button, input, select, textarea, [tabindex]")) target.tabIndex = -1;
  target?.focus({ preventScroll: true });
}

/** Goes on by a link or a form, unless something typed elsewhere on the page would be lost. */
function go(address, options) {
  const question = new shown.contentWindow.Event("beforeunload", { cancelable: true });
  shown.contentWindow.dispatchEvent(question);
  if (!question.defaultPrevented) {
    show(address, options);
    return;
  }
  leave.onclick = ({ target }) => {
    if (!target.value) return;
    leave.close();
    if (target.value === "leave") show(address, options);
  };
  leave.showModal();
}

addEventListener("popstate", () => show(location.hash.slice(1), {}, false));
document.getElementById("again").addEventListener("click", () => again());
if (bearer) show(given ? first : location.hash.slice(1), {}, false);
else cover("ended");
