// The little that the demo LMS does by script; every page works without it.

// Forms that only carry a message from one site to the other; their button is for browsers without scripts.
// A tool that is to be stored for must find the storage frame ready.
const storage = document.querySelector("iframe[data-storage-frame]");
const submitAll = () => document.querySelectorAll("form[data-autosubmit]").forEach((form) => form.submit());
const loaded = storage?.contentDocument;
if (!storage || (loaded?.readyState === "complete" && loaded.URL !== "about:blank")) submitAll();
else storage.addEventListener("load", submitAll, { once: true });

// After deep linking the tool's frame shows our answer: go back to the course with the whole page.
for (const link of document.querySelectorAll("a[data-go-top]")) window.top.location.assign(link.href);

// The side panel shows what arrived lately, without a reload.
for (const panel of document.querySelectorAll("[data-refresh]")) {
  setInterval(async () => {
    if (document.hidden || panel.contains(document.activeElement)) return;
    const answer = await fetch(panel.dataset.refresh, { credentials: "same-origin" }).catch(() => null);
    if (answer?.status === 200) panel.innerHTML = await answer.text();
  }, 3000);
}

// A tool that has registered asks us to close its page: back to the list, where it waits to be switched on.
const registered = document.querySelector("a[data-registered]");
addEventListener("message", (event) => {
  const tool = document.querySelector("iframe[name=tool-frame]");
  if (!registered || event.source !== tool?.contentWindow) return;
  if (event.data?.subject === "org.imsglobal.lti.close") location.assign(registered.href);
});

// The tool may ask for the height of its frame; only the frame of this page is listened to.
const frame = document.querySelector("iframe[name=tool-frame]");
addEventListener("message", (event) => {
  if (!frame || event.source !== frame.contentWindow || event.data?.subject !== "lti.frameResize") return;
  const height = Number(event.data.height);
  if (height >= 200 && height <= 10000) frame.style.height = `${Math.ceil(height)}px`;
});
