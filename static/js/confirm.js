// Dialogs that ask before something is lost. A button names its <dialog> with "commandfor", which
// newer browsers follow by themselves; the rest is taught here. A click beside a dialog closes it, but
// not one that shows what is shown only once.

const followsCommands = "commandForElement" in HTMLButtonElement.prototype;

// Text that is marked up to beyond the dialog's edge ends in a click beside it, too, as browsers see it.
let pressed = null;
document.addEventListener("pointerdown", (event) => (pressed = event.target));

document.addEventListener("click", (event) => {
  const dialog = event.target;
  const isBeside = dialog instanceof HTMLDialogElement && pressed === dialog;
  if (isBeside && !dialog.querySelector("[data-once]")) dialog.close();
  if (followsCommands) return;
  const button = event.target.closest("button[commandfor]");
  if (!button) return;
  const named = document.getElementById(button.getAttribute("commandfor"));
  if (button.getAttribute("command") === "show-modal") named?.showModal();
  else named?.close();
});

// A second press of the button that posts would post twice.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  const button = event.submitter;
  // What answers with a file leaves the page as it is, so its button stays.
  if (button && !("repeats" in button.dataset)) setTimeout(() => (button.disabled = true), 0);
});

// A page that comes back out of the browser's cache must not keep its buttons off.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("form[method=post] button:disabled")) button.disabled = false;
});
