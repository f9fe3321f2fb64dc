// The left pane: menus that close when they should, and the menu button of small screens.

const pane = document.querySelector(".pane");
const toggle = document.querySelector("[data-toggle-pane]");

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

function showPane(open) {
  pane.classList.toggle("is-open", open);
  toggle.setAttribute("aria-expanded", String(open));
}

document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));

document.addEventListener("focusin", (event) => {
  const open = document.querySelector("details.menu[open]");
  if (open && !open.contains(event.target)) open.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (event.key === "Escape") {
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (pane?.classList.contains("is-open")) {
      showPane(false);
      toggle.focus();
    }
  }
  if (menu && (event.key === "ArrowDown" || event.key === "ArrowUp") && !event.target.matches("input, select, textarea")) {
    const stops = [...menu.querySelectorAll("summary, a, button")];
    const next = stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
    stops[(next + stops.length) % stops.length].focus();
    event.preventDefault();
  }
});

// On a low screen, the entry of this page may be further down in the pane.
const list = pane?.querySelector("nav");
const here = list?.querySelector(".pane-link.active");
if (here && here.offsetTop + here.offsetHeight > list.clientHeight + list.offsetTop) list.scrollTop = here.offsetTop - list.offsetTop - list.clientHeight / 2;

toggle?.addEventListener("click", () => showPane(!pane.classList.contains("is-open")));
