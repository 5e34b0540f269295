/* The reader: marks parts as read, keeps the clock, and brings the checklist up to date. */

import { announce } from "./announce.js";
import { StudyClock } from "./lesson-clock.js";
import { send } from "./request.js";

const READ_AFTER = 1500;
const reader = document.getElementById("reader");
const pending = new Set();
let sending = false;
let timer = 0;

/* The buttons "I have read up to here" are for pages without us. */
for (const form of reader.querySelectorAll("[data-plain]")) form.hidden = true;

function watchParts() {
  const parts = [...reader.querySelectorAll("[data-part]:not([data-seen])")];
  const timers = new Map();
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(timers.get(target));
      if (isIntersecting) timers.set(target, setTimeout(() => { observer.unobserve(target); read(target.parentElement); }, READ_AFTER));
    }
  });
  /* A part is read when its end has been in view; a long text is not read because its first line was. */
  for (const part of parts) {
    const end = document.createElement("span");
    end.className = "part-end";
    part.append(end);
    observer.observe(end);
  }
}

function read(part) {
  part.dataset.seen = "";
  pending.add(part.dataset.part);
  for (const tick of document.querySelectorAll(`[data-for="${part.dataset.part}"] [data-tick]`)) tick.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(report, 600);
}

async function report() {
  if (sending) return;
  sending = true;
  const keys = [...pending];
  try {
    show(await send(reader.dataset.progress, { json: { seen: keys } }));
    for (const key of keys) pending.delete(key);
  } catch (error) {
    if (!error.isTemporary) keys.forEach((key) => pending.delete(key));
    timer = setTimeout(report, 10_000);
  } finally {
    sending = false;
  }
  if (pending.size) timer = setTimeout(report, 600);
}

function show(told) {
  for (const heading of document.querySelectorAll("[data-summary]")) heading.textContent = told.summary;
  for (const list of document.querySelectorAll("[data-checklist]")) {
    told.lines.forEach((line, index) => {
      const item = list.querySelectorAll("li")[index];
      if (!item) return;
      item.querySelector(".val").textContent = line.value;
      item.querySelector("svg.bar rect")?.setAttribute("width", `${line.percent}%`);
      if (line.is_met && !item.classList.contains("is-met")) meet(item, list.dataset.met, line.text);
    });
  }
  if (told.completed) reader.dataset.done = "";
}

function meet(item, words, text) {
  item.classList.add("is-met");
  const use = item.querySelector("svg.i use");
  use?.setAttribute("href", use.getAttribute("href").replace("#i-todo", "#i-done"));
  item.querySelector("svg.bar")?.remove();
  if (words) announce(words.replace("{what}", text));
}

watchParts();
new StudyClock(reader, document.getElementById("clock"), report).start();
addEventListener("pagehide", () => {
  if (pending.size) send(reader.dataset.progress, { json: { seen: [...pending] }, keepalive: true }).catch(() => {});
});
