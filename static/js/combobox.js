// A text field with a list of options below it (ARIA's combobox pattern): the focus stays in the field, arrows move the
// active option, and the list's own click picks one. What picking means is for whoever shows the options.

const NUMBER = new Intl.NumberFormat("en-US");

export class Combobox {
  constructor(input, list) {
    this.input = input;
    this.list = list;
    this.options = [];
    this.active = -1;
    this.last = -1; // where arrows go on from while no option is active
    this.pick = () => {};
    list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    list.addEventListener("click", (event) => {
      const place = [...list.children].indexOf(event.target.closest("[role=option]"));
      if (place >= 0) this.pick(this.options[place]);
    });
  }

  // Options have `words`, and may have `count`, `hint`, and `isChosen` where several can be chosen. Without an active
  // one, arrows go on from the place `last`.
  show(options, active = -1, last = -1) {
    this.options = options;
    this.last = last;
    this.list.replaceChildren(...options.map((option, place) => this.row(option, place)));
    this.list.hidden = !options.length;
    this.input.setAttribute("aria-expanded", String(options.length > 0));
    this.activate(active);
  }

  row(option, place) {
    const row = document.createElement("li");
    row.id = `${this.list.id}-${place}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(Boolean(option.isChosen)));
    row.append(part("option-words", option.words));
    if (option.hint) row.append(part("option-hint", option.hint));
    if (option.count !== undefined) row.append(part("option-count", NUMBER.format(option.count)));
    row.title = option.words;
    return row;
  }

  activate(place) {
    this.active = place;
    for (const [each, row] of [...this.list.children].entries()) row.classList.toggle("is-active", each === place);
    const row = this.list.children[place];
    if (row) this.input.setAttribute("aria-activedescendant", row.id);
    else this.input.removeAttribute("aria-activedescendant");
    row?.scrollIntoView({ block: "nearest" });
  }

  move(by) {
    const several = this.options.length;
    const from = this.active < 0 ? this.last : this.active;
    if (several) this.activate(from < 0 ? (by > 0 ? 0 : several - 1) : (from + by + several) % several);
  }

  get chosen() {
    return this.options[this.active];
  }
}

function part(name, text) {
  return Object.assign(document.createElement("span"), { className: name, textContent: text });
}
