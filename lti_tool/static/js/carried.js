/* Pages of browsers without cookies stand in a frame of ours, whose page holds the bearer (bearer-frame.js). */

export const NAME = "carried-page";

/** The page around us that carries our requests; null where cookies do. */
export function carrier() {
  return window.frameElement?.id === NAME ? window.parent.dangkeCarrier : null;
}

/** What a request of this page has to carry besides the ordinary. */
export function carriedHeaders() {
  const around = carrier();
  return around ? { Authorization: `Bearer ${around.bearer}` } : {};
}

/** Sends a form as if its button had been pressed, whatever stands in it. */
export function sendForm(form) {
  form.noValidate = true;
  if (form.requestSubmit) HTMLFormElement.prototype.requestSubmit.call(form);
  else HTMLFormElement.prototype.submit.call(form);
}
