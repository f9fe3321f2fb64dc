// The values of a field that occur in the data, asked for as somebody types.

const PAUSE_MILLISECONDS = 150;
const NONE = { values: [], more: 0, note: "" };
const AWAY = "Suggestions aren't available right now. Type a value.";

export class Suggestions {
  constructor(address) {
    this.address = address;
    this.asking = null;
    this.known = new Map(); // what was found, by what was asked, for as long as the bar is open
  }

  // What occurs, or null if something else has been asked since.
  async of(field, text, query) {
    this.asking?.abort();
    const { signal } = (this.asking = new AbortController());
    const choices = matching(field, text);
    if (field.suggests === false) return choices;
    query.set("of", field.name);
    query.set("text", field.options.length ? "" : text);
    const asked = query.toString();
    if (!this.known.has(asked)) {
      if (text) await new Promise((done) => setTimeout(done, PAUSE_MILLISECONDS));
      const found = signal.aborted ? null : await this.ask(asked, signal);
      if (signal.aborted) return null;
      if (!found) return { ...choices, note: field.options.length ? "" : AWAY };
      if (found.note) return found;
      this.known.set(asked, found);
    }
    const found = this.known.get(asked);
    return field.options.length ? counted(choices, found) : found;
  }

  async ask(query, signal) {
    try {
      const response = await fetch(`${this.address}?${query}`, { headers: { Accept: "application/json" }, signal });
      return response.ok && !response.redirected ? await response.json() : null;
    } catch {
      return null;
    }
  }

  async keys(address) {
    try {
      return (await (await fetch(address, { headers: { Accept: "application/json" } })).json()).keys;
    } catch {
      return []; // a key can be typed
    }
  }
}

function matching({ options }, text) {
  const found = options.filter(([, words]) => words.toLowerCase().includes(text.toLowerCase()));
  return { ...NONE, values: found.map(([value, words]) => ({ value, words })) };
}

// All choices of a field that has few, with how often each occurs.
function counted(choices, { values, note }) {
  const records = new Map(values.map((each) => [each.value, each.records]));
  const all = choices.values.map((each) => (values.length ? { ...each, records: records.get(each.value) ?? 0 } : each));
  return { values: all.sort((one, other) => (other.records ?? 0) - (one.records ?? 0)), more: 0, note };
}
