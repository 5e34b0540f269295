/* Loads a film or a sound once more, and goes on where it was. */

/** Where each was when it was last heard of: one that fails twice has forgotten it. */
const places = new WeakMap();

export function resume(media, { address = media.getAttribute("src"), isPlaying = !media.paused } = {}) {
  if (media.currentTime) places.set(media, media.currentTime);
  const place = places.get(media) ?? 0;
  media.setAttribute("src", address);
  media.load();
  media.addEventListener("loadedmetadata", () => { if (place) media.currentTime = place; }, { once: true });
  if (isPlaying) media.play().catch(() => {});
}
