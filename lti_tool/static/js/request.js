/* One way for our modules to talk to the server: the CSRF token of the page, JSON answers, errors with their sentence. */

import { carriedHeaders } from "./carried.js";

const token = () => document.querySelector('meta[name="csrf"]').content;

export class Refused extends Error {
  /* status 0: no answer at all. */
  constructor(status, body = {}) {
    super(body.message || "");
    this.status = status;
    this.code = body.error || "";
    this.action = body.action || "";
  }

  get isTemporary() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export async function send(url, { method = "POST", form = null, json = null, signal = null, keepalive = false } = {}) {
  const headers = { Accept: "application/json", "X-CSRF-Token": token(), ...carriedHeaders() };
  if (json) headers["Content-Type"] = "application/json";
  let response;
  try {
    const body = json ? JSON.stringify(json) : form;
    response = await fetch(url, { method, headers, body, signal, keepalive, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0);
  }
  const isJson = (response.headers.get("Content-Type") || "").startsWith("application/json");
  const body = isJson ? await response.json() : {};
  if (!response.ok) throw new Refused(response.status, body);
  return body;
}
