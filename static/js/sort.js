// Tables marked data-sortable sort by a press on their heads. The order chosen outlives a refresh of the rows.

const NUMBERS = ["records", "rate", "growth"]; // most first
const chosen = new Map(); // table → {by, descending}

function sort(table) {
  const order = chosen.get(table.dataset.sortable);
  if (!order) return;
  const sign = order.descending ? -1 : 1;
  const compare =
    NUMBERS.includes(order.by)
      ? (a, b) => sign * (Number(a.dataset[order.by]) - Number(b.dataset[order.by]))
      : (a, b) => sign * a.dataset[order.by].localeCompare(b.dataset[order.by], "en");
  const body = table.tBodies[0];
  body.append(...[...body.rows].sort(compare));
  for (const button of table.querySelectorAll("[data-sort]")) {
    const head = button.closest("th");
    if (button.dataset.sort === order.by) head.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
}

export function sortAgain(root) {
  for (const table of root.querySelectorAll("[data-sortable]")) sort(table);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-sort]");
  if (!button) return;
  const table = button.closest("[data-sortable]");
  const by = button.dataset.sort;
  const now = button.closest("th").getAttribute("aria-sort");
  chosen.set(table.dataset.sortable, { by, descending: now ? now === "ascending" : NUMBERS.includes(by) });
  sort(table);
});
