// Submits the forms that only carry a message from one site to the other; their button is for browsers without scripts.
for (const form of document.querySelectorAll("form[data-autosubmit]")) form.submit();
