/* "Close this window" where a page has one of its own; in a frame, or where a browser does not allow it, the text suffices. */

for (const button of document.querySelectorAll("[data-close-tab]")) {
  button.hidden = window.top !== window;
  button.addEventListener("click", () => {
    window.close();
    button.hidden = true;
  });
}
