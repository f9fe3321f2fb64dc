// The form of the filter: what a part is compared by is in its fields' name ("region" or "region!"), and a part can have
// several values. The form comes and goes with the page's fragments, so the document listens.

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-verb]")) return;
  const part = event.target.closest("[data-part]");
  for (const field of part.querySelectorAll("[data-value]")) field.name = part.dataset.part + event.target.value;
});

function addValue(part) {
  const last = [...part.querySelectorAll("[data-value]")].at(-1);
  if (last.value === "") return last.focus();
  const next = last.cloneNode(true);
  next.value = "";
  last.after(next);
  next.focus();
}

document.addEventListener("click", (event) => {
  const more = event.target.closest("[data-more]");
  if (more) addValue(more.closest("[data-part]"));
});

// Backspace in an empty field takes it away, but for the first.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Backspace" || !event.target.matches("[data-value] ~ [data-value]") || event.target.value) return;
  event.preventDefault();
  const before = event.target.previousElementSibling;
  event.target.remove();
  before.focus();
});

// What is empty asks nothing, and stays out of the address.
document.addEventListener("formdata", ({ target, formData }) => {
  if (!target.matches("[data-choice-form]")) return;
  for (const name of new Set(formData.keys())) {
    const given = formData.getAll(name).filter((value) => value !== "");
    formData.delete(name);
    for (const value of given) formData.append(name, value);
  }
});
