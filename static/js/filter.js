// The form of the filter: what a part is compared by is in its fields' name ("region" or "region!"), and a part can have
// several values. The form comes and goes with the page's fragments, so the document listens.

import "./filter_bar.js";

function rename(part) {
  const verb = part.querySelector("[data-verb]")?.value ?? "";
  for (const field of part.querySelectorAll("[data-value]")) {
    if (part.dataset.part) field.name = part.dataset.part + verb;
    else field.removeAttribute("name"); // a key that isn't typed yet
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-verb]")) rename(event.target.closest("[data-part]"));
});

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-key]")) return;
  const part = event.target.closest("[data-part]");
  const key = event.target.value.trim();
  part.dataset.part = key && `custom.${key}`;
  rename(part);
});

async function suggest(input) {
  const { keysUrl } = input.dataset;
  if (!keysUrl) return;
  delete input.dataset.keysUrl;
  try {
    const { keys } = await (await fetch(keysUrl)).json();
    input.list.replaceChildren(...keys.map((key) => Object.assign(document.createElement("option"), { value: key })));
  } catch {
    input.dataset.keysUrl = keysUrl; // no suggestions this time; the key can be typed
  }
}

document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-key]")) suggest(event.target);
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
