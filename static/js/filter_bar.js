// The filter bar: a field, an operator, and values with suggestions from the data, by keyboard alone. "f" opens it, a
// chip's text opens it for that chip. The bar comes and goes with the page's fragments, so the document listens.

import { Combobox } from "./combobox.js";
import { changed, isGroupable, isOfSteps, others, queryOf } from "./filter_address.js";
import { fields, keyField } from "./filter_fields.js";
import { Suggestions } from "./filter_suggestions.js";

const QUOTED = (text) => `"${text}"`;
let edit = null; // what the bar is opened for: {group, conditions}

class FilterBar {
  constructor(menu, before) {
    this.menu = menu;
    this.root = menu.querySelector("[data-filter-bar]");
    this.before = before;
    this.step = this.root.dataset.step ? JSON.parse(this.root.dataset.step) : null; // of a funnel, else the filter
    this.done = before ? before.conditions.slice(0, -1) : []; // alternatives to the condition being written
    const find = (name) => this.root.querySelector(`[data-${name}]`);
    [this.input, this.fieldButton, this.formSelect, this.tokens] = ["input", "field", "form", "tokens"].map(find);
    [this.note, this.alternatives, this.orButton, this.applyButton] = ["note", "done", "or", "apply"].map(find);
    this.box = new Combobox(this.input, find("options"));
    this.box.pick = (option) => option.pick();
    this.suggestions = new Suggestions(this.root.dataset.valuesUrl);
    this.fields = fields(menu.querySelector(".filter-person"));
    this.input.oninput = () => this.typed();
    this.input.onkeydown = (event) => this.pressed(event);
    this.fieldButton.onclick = () => this.chooseField();
    this.formSelect.onchange = () => ((this.form = this.formSelect.value), this.input.focus(), this.typed());
    this.orButton.onclick = () => this.addAlternative();
    this.applyButton.onclick = () => this.apply();
    const allFields = find("all-fields");
    if (allFields) allFields.onclick = () => this.showForm();
    this.menu.classList.remove("is-form");
    const last = before?.conditions.at(-1);
    if (last) this.chooseValues(this.fieldOf(last.part), last.form, last.values);
    else this.chooseField();
    this.loadKeys();
  }

  fieldOf(part) {
    return this.fields.find((field) => field.name === part) ?? keyField(part.replace(/^custom\./, ""));
  }

  async loadKeys() {
    const keys = await this.suggestions.keys(this.root.dataset.keysUrl);
    const known = new Set(this.fields.map((field) => field.name));
    this.fields.push(...keys.map(keyField).filter((field) => !known.has(field.name)));
    if (!this.field) this.showFields();
  }

  // -- the field

  chooseField() {
    if (this.isMerged) this.before = null;
    this.isMerged = this.isWaiting = this.isAwaited = false;
    this.field = null;
    this.values = [];
    this.input.value = "";
    this.render("Choose a field");
    this.showFields();
    this.input.focus();
  }

  showFields() {
    const text = this.input.value.trim().toLowerCase();
    const offered = this.fields.filter((field) => this.offers(field));
    const found = offered.filter((field) => field.label.toLowerCase().includes(text));
    found.sort((one, other) => other.label.toLowerCase().startsWith(text) - one.label.toLowerCase().startsWith(text));
    const options = found.map((field) => ({ words: field.label, hint: field.hint, pick: () => this.pickField(field) }));
    const key = this.input.value.trim();
    if (key && !found.some((field) => field.label.toLowerCase() === text)) {
      options.push({ words: key, hint: "key of custom_context", pick: () => this.pickField(keyField(key)) });
    }
    this.box.show(options, text ? 0 : -1);
  }

  offers({ name, isPerson }) {
    if (this.step) return isOfSteps(name);
    return !this.done.length || (isGroupable(name) && !isPerson);
  }

  // A field that has a chip already is changed there: its values are one condition.
  pickField(field) {
    const form = field.forms[0][0];
    const prefix = this.step?.prefix ?? "";
    const given = this.before || this.done.length ? [] : queryOf(this.step).getAll(prefix + field.name + form);
    if (given.length && !field.isPerson) {
      const words = new Map(field.options);
      const values = given.map((value) => [value, words.get(value) ?? value]);
      this.before = { group: prefix, conditions: [{ part: field.name, form, values }] };
      this.isMerged = true;
      this.chooseValues(field, form, values);
    } else this.chooseValues(field, form, []);
  }

  // -- its values

  chooseValues(field, form, values) {
    Object.assign(this, { field, form, values: [...values], toggled: null });
    this.formSelect.replaceChildren(...field.forms.map(([value, words]) => new Option(words, value, false, value === form)));
    this.input.value = "";
    this.render(field.isPerson ? "The id, exactly as it was sent" : "Type or choose values");
    this.input.focus();
    this.typed();
  }

  async typed() {
    if (!this.field) return this.showFields();
    const text = this.input.value.trim();
    const { field } = this;
    if (field.isPerson) return this.box.show([]);
    this.isWaiting = true;
    this.note.textContent = "";
    const found = await this.suggestions.of(field, text, others(this.before));
    if (!found || field !== this.field || text !== this.input.value.trim()) return; // something else is asked by now
    this.isWaiting = false;
    this.showValues(text, found);
    if (this.isAwaited) this.enter();
  }

  showValues(text, { values, more, note }) {
    const chosen = new Set(this.values.map(([value]) => value));
    const options = values.map(({ value, words, records }) => ({
      ...{ words, count: records, isChosen: chosen.has(value), pick: () => this.toggle(value, words) },
    }));
    const isFree = !this.field.options.length;
    const same = options.findIndex((option) => option.words.toLowerCase() === text.toLowerCase());
    const asTyped = { words: QUOTED(text), hint: "as typed", pick: () => this.toggle(text, text) };
    const isPart = this.form.includes("~") || this.field.name === "page";
    if (text && isFree && isPart) options.unshift(asTyped);
    else if (text && isFree && !values.some(({ value }) => value === text)) options.push(asTyped);
    const last = values.findIndex(({ value }) => value === this.toggled); // its neighbor is the next to be chosen
    this.box.show(options, text ? (same >= 0 && !isPart ? same : 0) : -1, last);
    this.note.textContent = note || (more ? `${more.toLocaleString("en-US")} more. Type to narrow them down.` : options.length ? "" : "No values match this filter.");
  }

  toggle(value, words) {
    this.toggled = value;
    this.box.activate(-1); // so that a second Enter applies, though the next suggestions aren't there yet
    const without = this.values.filter(([each]) => each !== value);
    this.values = without.length < this.values.length ? without : [...this.values, [value, words]];
    this.input.value = "";
    this.render();
    this.input.focus();
    this.typed();
  }

  // -- keys

  pressed(event) {
    if (event.isComposing) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) this.box.move(by);
    else if (event.key === "Enter") this.enter();
    else if (event.key === "Backspace" && !this.input.value) this.back();
    else return;
    event.preventDefault();
  }

  enter() {
    this.isAwaited = this.isWaiting && Boolean(this.input.value.trim()); // picked as soon as the suggestions are there
    if (this.isAwaited) return;
    if (this.box.chosen) this.box.pick(this.box.chosen);
    else if (this.field) this.apply();
  }

  back() {
    if (this.values.length) {
      this.values.pop();
      this.render();
      this.typed();
    } else if (this.field) this.chooseField();
    else if (this.done.length) {
      const last = this.done.pop();
      this.chooseValues(this.fieldOf(last.part), last.form, last.values);
    }
  }

  // -- the result

  get condition() {
    return { part: this.field.name, form: this.form, values: this.values };
  }

  addAlternative() {
    if (!this.values.length) return this.input.focus();
    this.done.push(this.condition);
    this.chooseField();
  }

  apply() {
    if (this.field?.isPerson) return this.field.submit(this.input.value, this.form);
    const conditions = this.field && this.values.length ? [...this.done, this.condition] : [...this.done];
    if (!conditions.length && !this.before) return this.input.focus();
    const link = Object.assign(document.createElement("a"), { href: changed(this.before, conditions, this.step) });
    link.dataset.choice = "";
    this.root.append(link);
    link.click(); // as a chip's link: the dashboard changes its figures in place
    link.remove();
  }

  showForm() {
    this.menu.classList.add("is-form");
    this.menu.querySelector(".filter-form :is(input, select):not([type=hidden])")?.focus();
  }

  // -- what is seen

  render(placeholder = this.input.placeholder) {
    const has = Boolean(this.field);
    this.input.placeholder = this.values.length ? "or …" : placeholder;
    this.input.setAttribute("aria-label", has ? `${this.field.label}: values` : "Field to filter by");
    this.box.list.setAttribute("aria-multiselectable", String(has));
    this.fieldButton.hidden = this.formSelect.hidden = !has;
    this.fieldButton.textContent = this.field?.label ?? "";
    this.formSelect.disabled = this.field?.forms.length === 1;
    this.tokens.replaceChildren(...this.values.map(([value, words]) => this.token(value, words)));
    this.orButton.hidden = Boolean(this.step) || !has || !this.values.length || !isGroupable(this.field.name) || this.field.isPerson;
    this.applyButton.hidden = !this.values.length && !this.done.length && !this.before && !this.field?.isPerson;
    this.alternatives.replaceChildren(...this.done.map((each) => this.alternative(each)));
    this.note.textContent = "";
  }

  token(value, words) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "bar-token", textContent: words });
    button.setAttribute("aria-label", `${words}. Remove`);
    button.onclick = () => this.toggle(value, words);
    return button;
  }

  alternative({ part, form, values }) {
    const field = this.fieldOf(part);
    const verb = field.forms.find(([each]) => each === form)?.[1] ?? "is";
    const row = document.createElement("li");
    row.textContent = `${field.label} ${verb} ${values.map(([, words]) => words).join(" or ")}, or`;
    return row;
  }
}

document.addEventListener(
  "toggle",
  ({ target }) => {
    if (!target.matches?.(".filter-menu") || !target.open) return;
    new FilterBar(target, edit);
    edit = null;
  },
  true,
);

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-edit]");
  if (!chip) return;
  edit = JSON.parse(chip.dataset.edit);
  chip.closest(".chips").querySelector(".filter-menu").open = true;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "f" || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest("input, select, textarea, details[open], dialog[open]")) return;
  const menu = document.querySelector(".filter-menu");
  if (!menu || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  menu.open = true;
});
