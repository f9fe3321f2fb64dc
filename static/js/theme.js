// Light, dark, or what the system says. A classic script in the head: it must run before the first
// paint, so it cannot be a module. Other scripts hear "dojo:theme" on the document when it changes.
(() => {
  "use strict";
  const KEY = "dojo.theme";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem(KEY) || "auto";
    } catch {
      return "auto"; // storage may be switched off; the system's theme is a good answer
    }
  }

  function apply() {
    const choice = chosen();
    const theme = choice === "auto" ? (system.matches ? "dark" : "light") : choice;
    if (root.dataset.bsTheme !== theme) {
      root.dataset.bsTheme = theme;
      document.dispatchEvent(new CustomEvent("dojo:theme", { detail: { theme } }));
    }
    for (const input of document.querySelectorAll("[data-theme-choice] input")) {
      input.checked = input.value === choice;
    }
  }

  root.classList.add("scripted");
  apply();
  system.addEventListener("change", apply);
  window.addEventListener("storage", (event) => event.key === KEY && apply());
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("change", (event) => {
    if (!event.target.closest("[data-theme-choice]")) return;
    try {
      localStorage.setItem(KEY, event.target.value);
    } catch {
      root.dataset.bsTheme = event.target.value; // for this page, at least
      return;
    }
    apply();
  });
})();
