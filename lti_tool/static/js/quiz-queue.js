/* Answers on their way to the server, one at a time. Each change has a number that rises with the server's clock, so
   that the latest change wins over tabs and retries. What is not acknowledged stays in this tab's journal. */

import { Refused, send } from "./request.js";

const LONGEST_PAUSE = 15000;

export class AnswerQueue {
  /* on: { saving(slot), saved(slot, at, isElsewhere), unsaved(slot), refused(slot), timeUp(), sessionChanged(slots, isEnded) } */
  constructor(url, attempt, serverNow, on) {
    this.url = url;
    this.key = `dangke-attempt-${attempt}`;
    this.serverNow = serverNow;
    this.on = on;
    this.pending = new Map();
    this.numbers = new Map();
    this.pause = 1000;
    this.isStopped = false;
    this.running = null;
    addEventListener("online", () => { this.pause = 1000; this.kick(); });
    addEventListener("pagehide", () => this.sendLast());
  }

  known(slot, seq) {
    this.numbers.set(slot, Math.max(seq, this.numbers.get(slot) || 0));
  }

  change(slot, response) {
    const seq = Math.max((this.numbers.get(slot) || 0) + 1, Math.floor(this.serverNow()));
    this.numbers.set(slot, seq);
    this.pending.set(slot, { slot, seq, response });
    this.write();
    this.kick();
  }

  /* What a former page of this tab could not send. Returns the answers that are newer than the server's. */
  restore() {
    const found = this.read().filter((change) => change.seq > (this.numbers.get(change.slot) || 0));
    for (const change of found) {
      this.numbers.set(change.slot, change.seq);
      this.pending.set(change.slot, change);
    }
    this.write();
    if (found.length) this.kick();
    return found;
  }

  kick() {
    clearTimeout(this.timer);
    if (!this.running) this.running = this.run().finally(() => { this.running = null; });
    return this.running;
  }

  async run() {
    while (this.pending.size && !this.isStopped) {
      const [change] = this.pending.values();
      this.on.saving(change.slot);
      try {
        const kept = await send(this.url, { json: change });
        this.acknowledged(change, kept);
        this.pause = 1000;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (error.isTemporary) { this.later(change); return; }
        this.turnedDown(change, error);
      }
    }
  }

  acknowledged(change, kept) {
    this.known(change.slot, kept.seq);
    this.drop(change);
    if (!this.pending.has(change.slot)) this.on.saved(change.slot, new Date(kept.saved_at), kept.seq > change.seq);
    this.on.remaining?.(kept.remaining_ms);
  }

  later(change) {
    for (const slot of this.pending.keys()) this.on.unsaved(slot);
    this.timer = setTimeout(() => this.kick(), this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
    return change;
  }

  turnedDown(change, error) {
    if (error.code === "DK-409-TIME") { this.isStopped = true; this.on.unsaved(change.slot); this.on.timeUp(); return; }
    if (error.status === 409 || error.status === 403 || error.status === 404) {
      this.isStopped = true;
      this.on.sessionChanged([...this.pending.keys()], error.code === "DK-409-ENDED");
      return;
    }
    this.drop(change);
    this.on.refused(change.slot);
  }

  drop(change) {
    if (this.pending.get(change.slot)?.seq === change.seq) this.pending.delete(change.slot);
    this.write();
  }

  /* Waits until all is acknowledged, but not longer than `most` milliseconds. Returns whether it is. */
  async flush(most = 3000) {
    const patience = new Promise((resolve) => { setTimeout(resolve, most); });
    this.pause = 1000;
    await Promise.race([this.kick(), patience]);
    return this.pending.size === 0;
  }

  /* The page goes: the browser finishes these on its own; if it cannot, the journal has them. */
  sendLast() {
    for (const change of this.pending.values()) send(this.url, { json: change, keepalive: true }).catch(() => {});
  }

  read() {
    try { return JSON.parse(sessionStorage.getItem(this.key) || "[]"); } catch { return []; }
  }

  /* Storage may be forbidden in a foreign frame; then the memory of this page is all there is. */
  write() {
    try {
      if (this.pending.size) sessionStorage.setItem(this.key, JSON.stringify([...this.pending.values()]));
      else sessionStorage.removeItem(this.key);
    } catch { /* nothing to keep it in */ }
  }
}
