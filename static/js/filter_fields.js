// The fields of the filter bar: those that the page lists, people where they may be seen, and keys of custom_context.

const TEXT = [["", "is"], ["!", "is not"], ["~", "contains"], ["!~", "doesn't contain"]];

export function fields(personForm) {
  const { dataset } = document.querySelector("[data-fields]"); // a step's bar has those of the filter's
  return [...JSON.parse(dataset.fields), ...(personForm ? people(personForm) : [])];
}

export function keyField(key) {
  return { name: `custom.${key}`, label: key, hint: "key of custom_context", forms: TEXT, options: [], suggests: true };
}

// An id is posted, so that it's in no address: the page's own form looks it up.
function people(form) {
  const kinds = [...form.elements.kind.options].map(({ value, text }) => [value, text]);
  return kinds.map(([kind, label]) => ({
    name: kind,
    label,
    forms: TEXT.slice(0, 2),
    options: [],
    isPerson: true,
    submit(id, operator) {
      form.elements.id.value = id;
      form.elements.kind.value = kind;
      form.requestSubmit(form.querySelector(operator ? "[name=without]" : "[type=submit]:not([name])"));
    },
  }));
}
