/* The study clock: beats every 15 s while the page is in front AND (media play OR there was input within 60 s).
   The server decides what a beat is worth; the page shows what it said, and why the clock stands. */

import { send } from "./request.js";

const IDLE = 60_000;
const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "scroll"];

export class StudyClock {
  constructor(reader, card, onDue) {
    this.reader = reader;
    this.card = card;
    this.onDue = onDue;
    this.interval = Number(reader.dataset.interval) * 1000;
    this.seconds = Number(reader.dataset.seconds);
    this.target = Number(reader.dataset.target);
    this.lastSign = Date.now();
    this.lastBeat = 0;
    this.opened = Date.now();
    this.isRefused = false;
    this.isOffline = false;
    this.isBusy = false;
  }

  start() {
    for (const sign of SIGNS) addEventListener(sign, () => this.sign(), { passive: true, capture: true });
    document.addEventListener("visibilitychange", () => this.tick());
    for (const event of ["play", "pause", "ended"]) this.reader.addEventListener(event, () => this.tick(), true);
    setInterval(() => this.tick(), 1000);
    this.tick();
    /* Reached in an earlier visit that ended before it was told. */
    if (this.target && this.seconds >= this.target && !("done" in this.reader.dataset)) this.onDue();
  }

  sign() {
    this.lastSign = Date.now();
  }

  isPlaying() {
    return [...this.reader.querySelectorAll("video, audio")].some((media) => !media.paused && !media.ended && !media.error);
  }

  reason() {
    if (document.visibilityState !== "visible") return "away";
    if (!this.isPlaying() && Date.now() - this.lastSign > IDLE) return "idle";
    if (this.isRefused) return "capped";
    return this.isOffline ? "offline" : "counting";
  }

  tick() {
    const reason = this.reason();
    this.draw(reason);
    if (["counting", "offline"].includes(reason) && Date.now() - this.lastBeat >= this.interval) this.beat();
  }

  async beat() {
    if (this.isBusy) return;
    this.isBusy = true;
    const now = Date.now();
    const open = Math.round((now - (this.lastBeat || this.opened)) / 1000);
    this.lastBeat = now;
    try {
      const told = await send(this.reader.dataset.beat, { json: { open } });
      this.isOffline = false;
      this.isRefused = told.counting === false;
      if (typeof told.credited === "number") this.seconds = told.credited;
      if (told.due) this.onDue();
    } catch (error) {
      this.isOffline = true;
      this.isRefused = !error.isTemporary;
    } finally {
      this.isBusy = false;
    }
    this.draw(this.reason());
  }

  draw(reason) {
    const { dataset } = this.card;
    const minutes = dataset.minutes.replace("{n}", String(Math.floor(this.seconds / 60)));
    const text = (dataset[reason] ?? dataset.counting).replace("{time}", minutes);
    this.card.classList.toggle("is-paused", reason !== "counting");
    const words = this.card.querySelector("[data-text]");
    if (words.textContent !== text) words.textContent = text;
    for (const small of document.querySelectorAll("[data-clock]")) small.textContent = minutes;
  }
}
