// The forms of the pages Paths and Funnel: a start of one field is no value of another one, and the keys of custom_context
// that records have are offered as fields.

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-paths-field]")) return;
  const form = event.target.form;
  form.querySelector("[data-paths-start]").value = "";
  form.requestSubmit();
});

document.addEventListener("focusin", async ({ target }) => {
  if (!target.matches("[data-field-keys]")) return;
  const { fieldKeys } = target.dataset;
  delete target.dataset.fieldKeys;
  try {
    const { keys } = await (await fetch(fieldKeys)).json();
    const group = target.querySelector("[data-keys]");
    const known = new Set([...group.children].map((option) => option.value));
    for (const key of keys) if (!known.has(`custom.${key}`)) group.append(new Option(key, `custom.${key}`));
    group.hidden = !group.children.length;
  } catch {
    target.dataset.fieldKeys = fieldKeys; // those at hand can be chosen all the same
  }
});
