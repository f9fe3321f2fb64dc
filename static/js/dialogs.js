// Links marked data-opens bring a part of the page they lead to into a dialog of that id. Without
// this script, or with a modifier key, they are links.

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-opens]");
  // Before htmx, which would take a press that asks for a new tab.
  if (link && (event.metaKey || event.ctrlKey || event.shiftKey)) event.stopImmediatePropagation();
}, true);

document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.detail.target?.closest("dialog");
  if (!dialog) return;
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  dialog.querySelector("[autofocus]")?.focus();
});

// What it showed may be a secret, or somebody's data: it does not stay behind.
for (const dialog of document.querySelectorAll("dialog")) {
  const body = dialog.querySelector("[id$='-body']");
  if (body) dialog.addEventListener("close", () => body.replaceChildren());
}
