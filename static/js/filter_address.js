// The address of a page with a changed filter. A condition is {part, form, values}: its parameter is the part and the
// form ("region" and "!~"), and the parameters of a group, of which one condition has to hold, begin with "any1.". Those
// of a step of a funnel begin with its prefix, "step1.": a step is {prefix, query}, and changes that query.

const OF_A_PLACE = ["after", "before", "end", "figures"]; // where a list or a page was, which another filter has not
const GROUP = /^any(\d+)\./;

const OF_STEP = /^step\d+\.$/;

export function isGroupable(part) {
  return part !== "group";
}

export function isOfSteps(part) {
  return !["type", "group", "cohort"].includes(part);
}

export function queryOf(step) {
  return new URLSearchParams(step?.query ?? location.search);
}

export function parameter({ part, form }) {
  return part + form;
}

// The filter, or a step, with `conditions` in the place of those of `before` ({group, conditions}), if any.
export function changed(before, conditions, step = null) {
  const query = queryOf(step);
  for (const name of OF_A_PLACE) query.delete(name);
  if (before) remove(query, before);
  const group = step?.prefix ?? groupFor(query, before, conditions);
  for (const each of conditions) {
    for (const [value] of each.values) query.append(group + parameter(each), value);
  }
  const text = query.toString().replaceAll(/(%21)?(%7E)?=/g, (found, not, part) => `${not ? "!" : ""}${part ? "~" : ""}=`);
  return text ? `?${text}` : location.pathname;
}

function remove(query, { group, conditions }) {
  const isWhole = group && !OF_STEP.test(group);
  if (isWhole) for (const name of [...new Set(query.keys())]) name.startsWith(group) && query.delete(name);
  else for (const each of conditions) query.delete(group + parameter(each));
}

function groupFor(query, before, conditions) {
  if (before?.group) return before.group;
  if (conditions.length < 2) return "";
  const numbers = [...query.keys()].map((name) => Number(GROUP.exec(name)?.[1] ?? 0));
  return `any${Math.max(0, ...numbers) + 1}.`;
}

// The filter as the suggestions are asked with it: without the conditions that are being changed.
export function others(before) {
  const query = new URLSearchParams(location.search);
  for (const name of OF_A_PLACE) query.delete(name);
  if (before) remove(query, before);
  return query;
}
