/* Messages to the window of the LMS that shows us (client-side postMessage 0.1): one question, one answer or none.

Nothing that an LMS says changes anything here by itself: a listener lives as long as its question does (PM-06). */

import { carrier } from "./carried.js";

const PREFIXES = ["lti.", "org.imsglobal.lti."];

/** The window that opened or frames us; null where there is none (PM-07). */
export function lmsWindow() {
  if (carrier()) return lmsWindowOf(window.parent);
  return lmsWindowOf(window);
}

function lmsWindowOf(window) {
  if (window.opener) return window.opener;
  return window.parent === window ? null : window.parent;
}

/** Why no answer was had: no_lms, timeout, or the code that the LMS gave. Values are never kept. */
export class NoAnswer extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** Asks the LMS one thing and resolves with its answer (an object).

`origin` is where the question may go and the answer must come from; "*" is for questions without secrets, and then the
answer must come from the very window that was asked. `frame`: a named frame of the LMS that answers, or "_parent".
Rejects with NoAnswer after `wait` milliseconds, and when the answer is an error (PM-02, PM-03). */
export function ask(subject, values = {}, { origin = "*", frame = "_parent", wait = 1000 } = {}) {
  return new Promise((resolve, reject) => {
    const target = frameOf(frame);
    if (!target) {
      reject(new NoAnswer("no_lms"));
      return;
    }
    const messageId = crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4))).join("-");
    const end = (finish, value) => {
      removeEventListener("message", listen);
      clearTimeout(timer);
      finish(value);
    };
    const listen = (event) => {
      const said = event.data;
      if (typeof said !== "object" || said === null) return;
      if (said.message_id !== messageId || said.subject !== `${subject}.response`) return;
      if (origin === "*" ? event.source !== target : event.origin !== origin) return;
      if (said.error) {
        console.info(`${subject}: the LMS answered with an error`);
        end(reject, new NoAnswer(typeof said.error.code === "string" ? said.error.code : "error"));
      } else {
        end(resolve, said);
      }
    };
    const timer = setTimeout(() => end(reject, new NoAnswer("timeout")), wait);
    addEventListener("message", listen);
    target.postMessage({ ...values, subject, message_id: messageId }, origin);
  });
}

/** What the LMS can do: a Map from subject (without prefix) to the subject and frame to use; empty if it does not say. */
export async function capabilities(wait = 1000) {
  const answers = PREFIXES.map((prefix) => ask(`${prefix}capabilities`, {}, { wait }));
  const said = await Promise.any(answers).catch(() => ({}));
  const found = new Map();
  for (const one of Array.isArray(said.supported_messages) ? said.supported_messages : []) {
    if (typeof one?.subject !== "string") continue;
    const prefix = PREFIXES.find((each) => one.subject.startsWith(each));
    if (!prefix) continue;
    const name = one.subject.slice(prefix.length);
    const frame = typeof one.frame === "string" && one.frame ? one.frame : "_parent";
    if (!found.has(name)) found.set(name, { subject: one.subject, frame });
  }
  return found;
}

/** Tells the LMS that we are done with the window it opened for a registration; false where there is nobody to tell. */
export function closeWindow() {
  const target = lmsWindow();
  target?.postMessage({ subject: "org.imsglobal.lti.close" }, "*");
  return Boolean(target);
}

function frameOf(name) {
  const above = lmsWindow();
  if (!above || name === "_parent") return above;
  try {
    return above.frames[name] ?? null;
  } catch {
    return null; // A frame of another site that is not there.
  }
}
