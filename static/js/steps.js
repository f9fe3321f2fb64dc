// After a step of the wizard the focus is at the new heading, so that the keyboard goes on there and readers say where one is.

const wizard = () => document.getElementById("wizard");
const focus = () => wizard()?.querySelector("[data-focus]")?.focus({ preventScroll: true });

focus();

// What comes while the file is looked at replaces what had the focus; a choice in a form keeps it where it is.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "wizard" && document.activeElement === document.body) focus();
});
