// Platform storage (LTI Client Side postMessages 0.1 and postMessage Storage 0.1): a shelf in memory for each tool's origin.
// In a page of the LMS it answers lti.capabilities, and where the page itself stores, also the two data messages; in the
// hidden frame it answers the data messages only. Messages of any other origin are not answered.

const { kind, frame, origins } = document.querySelector("meta[name=platform-storage]").dataset;
const tools = new Set(origins.split(" "));
const LONGEST = 4096;
const MOST_KEYS = 200;
const shelves = new Map();

const isKey = (key) => typeof key === "string" && key.length > 0 && key.length <= LONGEST;
const refused = (code, message) => ({ error: { code, message } });

const data = {
  "lti.put_data"(shelf, { key, value }) {
    if (!isKey(key)) return refused("bad_request", "key must be a text");
    if (value === null || value === undefined) {
      shelf.delete(key);
      return { key };
    }
    if (typeof value !== "string") return refused("bad_request", "value must be a text");
    if (value.length > LONGEST || (!shelf.has(key) && shelf.size >= MOST_KEYS)) {
      return refused("storage_exhaustion", "there is no room for this");
    }
    shelf.set(key, value);
    return { key, value };
  },
  "lti.get_data"(shelf, { key }) {
    return isKey(key) ? { key, value: shelf.get(key) } : refused("bad_request", "key must be a text");
  },
};

const place = kind === "frame" ? { frame } : {};
const capabilities = {
  "lti.capabilities": () => ({
    supported_messages: [
      { subject: "lti.capabilities" },
      { subject: "lti.frameResize" },
      ...Object.keys(data).map((subject) => ({ subject, ...place })),
    ],
  }),
};

const answers = { inner: data, frame: capabilities, parent: { ...capabilities, ...data }, silent: {} }[kind];

addEventListener("message", (event) => {
  const { subject, message_id } = event.data ?? {};
  if (!tools.has(event.origin) || !Object.hasOwn(answers, subject)) return;
  if (!shelves.has(event.origin)) shelves.set(event.origin, new Map());
  const answer = isKey(message_id)
    ? answers[subject](shelves.get(event.origin), event.data)
    : refused("bad_request", "message_id is missing");
  event.source.postMessage({ subject: `${subject}.response`, message_id, ...answer }, event.origin);
});
