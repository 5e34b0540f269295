/* Every page: menus, dialogs, toasts, wide tables, the guard of unsaved forms, the first field that was refused, and saying
when the network is gone. */

import { carrier } from "./carried.js";
import { enhanceDialogs } from "./dialog.js";
import { enhanceMenus } from "./menu.js";
import { reachScrollable } from "./scrollable.js";
import { toast, keepToasts } from "./toast.js";
import { guardForms } from "./unsaved.js";

carrier()?.adopt(window);
enhanceMenus(document);
enhanceDialogs(document);
keepToasts(document);
guardForms(document);
reachScrollable(document);
// A refused form comes back with its fields marked: whoever types goes on at the first of them.
document.querySelector('main [aria-invalid="true"]')?.focus();

const { networkLost, networkBack } = document.body.dataset;
addEventListener("offline", () => toast(networkLost));
addEventListener("online", () => toast(networkBack));

// Lists are as high as they are; readers, runners and editors scroll inside their frame, where sticky bars work.
if (document.querySelector("main.fits-frame")) {
  import("./frame-size.js").then(({ fitFrame }) => fitFrame());
}
