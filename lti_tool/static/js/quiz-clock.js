/* The time that is left, as the server says it; this device's clock is only used for the seconds in between. */

import { announce } from "./announce.js";
import { send } from "./request.js";

const WARNINGS = [10, 5, 1];
const LOW = 3 * 60000;

export class Clock {
  /* remaining: milliseconds when the page was asked for, or null without a limit; now: the server's clock then. */
  constructor(url, remaining, now, texts, place, onZero) {
    Object.assign(this, { url, texts, place, onZero });
    this.isOver = false;
    this.set(remaining, 0);
    this.ahead = now - performance.now();
    this.said = new Set(WARNINGS.filter((minutes) => remaining !== null && this.left() <= minutes * 60000));
    setInterval(() => this.tick(), 250);
    setInterval(() => this.ask(), 60000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.ask(); });
    addEventListener("pageshow", (event) => { if (event.persisted) this.ask(); });
  }

  /* asked: performance.now() when the question was sent, so that a slow answer never gives time. */
  set(remaining, asked) {
    this.end = remaining === null ? null : asked + remaining;
  }

  serverNow = () => performance.now() + this.ahead;

  left() {
    return this.end === null ? Infinity : Math.max(0, this.end - performance.now());
  }

  /* What the server says; null: no answer; { isGone }: there is no such attempt for this session any more. */
  async ask() {
    const asked = performance.now();
    try {
      const said = await send(this.url, { method: "GET" });
      this.set(said.remaining_ms, asked);
      this.ahead = said.now_ms - performance.now();
      return said;
    } catch (error) { return error.isTemporary ? null : { isGone: true }; /* asked again in a minute */ }
  }

  tick() {
    if (this.end === null || this.isOver) return;
    const left = this.left();
    if (this.place) this.show(left);
    for (const minutes of WARNINGS) {
      if (left <= minutes * 60000 && left > (minutes - 0.2) * 60000 && !this.said.has(minutes)) {
        this.said.add(minutes);
        announce(minutes === 1 ? this.texts.minute : this.texts.minutes.replace("{n}", minutes));
      }
    }
    if (left <= 0) {
      this.isOver = true;
      this.onZero();
    }
  }

  show(left) {
    const seconds = Math.ceil(left / 1000);
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor(seconds / 60) % 60;
    const text = hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
    const shown = this.place.querySelector("[data-text]");
    if (shown.textContent !== text) shown.textContent = text;
    this.place.classList.toggle("timer--low", left <= LOW);
  }
}
