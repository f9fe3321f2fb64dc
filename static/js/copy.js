// Buttons marked data-copy copy the text of the element of that id, and say so for a moment.

async function copied(place) {
  try {
    await navigator.clipboard.writeText(place.textContent);
    return true;
  } catch {
    // A page that is not served by HTTPS has no clipboard: the text is marked, for the keyboard.
    place.closest("details")?.setAttribute("open", "");
    getSelection().selectAllChildren(place);
    return document.execCommand("copy");
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const word = button.querySelector("span");
  button.dataset.word ??= word.textContent;
  word.textContent = (await copied(document.getElementById(button.dataset.copy))) ? "Copied" : "Press Ctrl-C";
  clearTimeout(button.restoring);
  button.restoring = setTimeout(() => (word.textContent = button.dataset.word), 2000);
});
