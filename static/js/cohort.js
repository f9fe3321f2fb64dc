// The form of a cohort: values that occur in the data, offered as somebody types one. Products are found by their names.

import { Suggestions } from "./filter_suggestions.js";

const form = document.querySelector(".cohort-form");
const list = document.getElementById("rule-values");
const suggestions = new Suggestions(form.dataset.valuesUrl);

function fieldOf(input) {
  const line = input.closest(".rule-condition");
  const name = line.querySelector("[name^=field-]").value;
  return { name: name === "custom" ? `custom.${line.querySelector("[name^=key-]").value}` : name, options: [] };
}

async function offer(input) {
  const field = fieldOf(input);
  const found = await suggestions.of(field, input.value.trim(), new URLSearchParams());
  if (!found || !input.isConnected) return;
  list.replaceChildren(...found.values.map(({ value, words }) => new Option(words, value)));
  const chosen = found.values.find(({ value, words }) => value === input.value.trim() && words !== value);
  const place = input.parentElement.querySelector("[data-name]");
  place.textContent = field.name === "product" && chosen ? chosen.words.replace(` · ${chosen.value}`, "") : "";
}

for (const kind of ["focusin", "input"]) {
  form.addEventListener(kind, (event) => {
    if (event.target.matches("[list=rule-values]")) offer(event.target);
  });
}
