/* form[data-submits] is on its way to another site and needs nobody's click. */

document.querySelector("form[data-submits]")?.requestSubmit();
