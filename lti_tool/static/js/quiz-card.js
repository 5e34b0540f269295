/* The answer card: filled is answered, a folded corner is flagged; names and counts follow. It stands twice in the page
   (aside and sheet). */

export function answerCard(texts) {
  const links = (slot) => document.querySelectorAll(`[data-card="${slot}"]`);

  function rename(link) {
    const answered = link.classList.contains("is-ans");
    const flagged = link.classList.contains("is-flag");
    const words = flagged ? (answered ? texts.cardBoth : texts.cardFlagged) : answered ? texts.cardAnswered : texts.cardOpen;
    link.setAttribute("aria-label", words.replace("{n}", link.dataset.card));
  }

  function count() {
    const all = document.querySelectorAll(".qnav")[0]?.querySelectorAll("[data-card]") ?? [];
    const answered = [...all].filter((link) => link.classList.contains("is-ans")).length;
    const flagged = [...all].filter((link) => link.classList.contains("is-flag")).length;
    const numbers = { answered, open: all.length - answered, flagged };
    for (const place of document.querySelectorAll("[data-count]")) {
      place.textContent = place.dataset.words.replace("{n}", numbers[place.dataset.count]);
    }
  }

  function set(slot, name, isOn) {
    for (const link of links(slot)) {
      link.classList.toggle(name, isOn);
      rename(link);
    }
    count();
  }

  return { answered: (slot, isOn) => set(slot, "is-ans", isOn), flagged: (slot, isOn) => set(slot, "is-flag", isOn) };
}
