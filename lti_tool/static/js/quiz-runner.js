/* The quiz runner: saves each change, says honestly what is saved, keeps time, hands in at zero. The page works without
   us: its buttons save it. */

import { announce } from "./announce.js";
import { sendForm } from "./carried.js";
import { send } from "./request.js";
import { Clock } from "./quiz-clock.js";
import { AnswerQueue } from "./quiz-queue.js";
import { answerCard } from "./quiz-card.js";
import { fill, isAnswered, read } from "./quiz-fields.js";

const runner = document.getElementById("runner");
const texts = runner.dataset;
const form = document.getElementById("answers");
const overall = document.getElementById("save-state");
const remaining = texts.remaining === undefined ? null : Number(texts.remaining);
const clock = new Clock(texts.clock, remaining, Number(texts.now), texts, document.getElementById("timer"), handInByTime);
const queue = new AnswerQueue(texts.answers, texts.attempt, clock.serverNow, {
  saving: (slot) => say(slot, "wait", "wait", texts.saving),
  saved: (slot, at, isElsewhere) => {
    if (isElsewhere) say(slot, "soon", "alert", texts.elsewhere);
    else say(slot, "done", "saved", texts.saved.replace("{time}", timeOf(at)));
  },
  unsaved: (slot) => say(slot, "soon", "unsaved", navigator.onLine ? texts.unsaved : texts.offline),
  refused: (slot) => say(slot, "late", "alert", texts.refused),
  timeUp: handInByTime,
  sessionChanged: (slots, isEnded) => stop(isEnded ? texts.ended : texts.pause, slots),
});
const card = answerCard(texts);
const questions = new Map();
const typing = new Map();

for (const section of document.querySelectorAll("[data-question]")) {
  const slot = Number(section.dataset.question);
  questions.set(slot, section);
  queue.known(slot, Number(section.dataset.seq));
}
for (const change of queue.restore()) {
  const section = questions.get(change.slot);
  if (section) fill(section, change.response);
  card.answered(change.slot, section ? isAnswered(section) : change.response !== null);
}
for (const button of document.querySelectorAll("[data-plain-save]")) button.hidden = true;

function timeOf(at) {
  return at.toLocaleTimeString("en-GB", { timeZone: texts.zone, hour12: false });
}

function show(place, kind, symbol, text) {
  if (!place) return;
  place.hidden = false;
  place.className = place.className.replace(/state--\w+/, `state--${kind}`);
  const use = place.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#i-\w+$/, `#i-${symbol}`));
  const shown = place.querySelector("[data-text]");
  if (shown.textContent !== text) shown.textContent = text;
}

function say(slot, kind, symbol, text) {
  show(questions.get(slot)?.querySelector("[data-saved]"), kind, symbol, text);
  /* One place speaks for all, and it is not "saved" while anything is not. */
  if (kind !== "done" || queue.pending.size === 0) show(overall, kind, symbol, text);
}

/* Beside the answers too: the bar has no room for it on a small page. */
function stop(text, slots = [...queue.pending.keys()]) {
  for (const slot of slots) say(slot, "late", "alert", text);
  show(overall, "late", "alert", text);
  announce(text, true);
}

function changed(section) {
  const slot = Number(section.dataset.question);
  clearTimeout(typing.get(slot)?.timer);
  typing.delete(slot);
  queue.change(slot, read(section));
  card.answered(slot, isAnswered(section));
}

/* Choices are saved at once; words a moment after the last key, and every few seconds while somebody types on. */
form.addEventListener("input", (event) => {
  const section = event.target.closest("[data-question]");
  if (!section || event.target.type === "hidden") return;
  if (!event.target.matches("input:not([type=radio], [type=checkbox])")) { changed(section); return; }
  const slot = Number(section.dataset.question);
  const began = typing.get(slot)?.began ?? Date.now();
  clearTimeout(typing.get(slot)?.timer);
  if (Date.now() - began > 5000) { changed(section); return; }
  typing.set(slot, { began, timer: setTimeout(() => changed(section), 800) });
  say(slot, "wait", "wait", texts.saving);
});
form.addEventListener("change", (event) => {
  const section = event.target.closest("[data-question]");
  if (section && typing.has(Number(section.dataset.question))) changed(section);
});
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("input:not([type=radio], [type=checkbox])")) return;
  event.preventDefault();
  const section = event.target.closest("[data-question]");
  if (section) changed(section);
});
addEventListener("pagehide", settle, { capture: true });

function settle() {
  for (const slot of [...typing.keys()]) changed(questions.get(slot));
}

form.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-flagbtn]");
  if (!button) return;
  event.preventDefault();
  const slot = Number(button.value);
  const isFlagged = button.getAttribute("aria-pressed") !== "true";
  try {
    await send(texts.flags, { json: { slot, is_flagged: isFlagged } });
  } catch { show(overall, "soon", "unsaved", navigator.onLine ? texts.unsaved : texts.offline); return; }
  button.setAttribute("aria-pressed", String(isFlagged));
  const use = button.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#i-\w+$/, isFlagged ? "#i-flagged" : "#i-flag"));
  button.querySelector("[data-text]").textContent = isFlagged ? texts.flagged : texts.flag;
  card.flagged(slot, isFlagged);
});

async function handInByTime() {
  announce(texts.timeup);
  show(overall, "wait", "wait", texts.timeup);
  settle();
  await queue.flush();
  const said = await clock.ask();
  if (said?.isGone) { stop(texts.ended); return; }
  if (said === null) {
    show(overall, "late", "cloudoff", texts.waiting);
    setTimeout(handInByTime, 3000);
    return;
  }
  if (said.remaining_ms > 1500 && said.state === "in_progress") { clock.isOver = false; return; } // somebody gave more time
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "timeup", value: "1" });
  form.append(field);
  form.action = texts.submit;
  sendForm(form);
}
