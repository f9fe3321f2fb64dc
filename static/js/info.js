// What stands behind an (i): the browser opens and closes it, by mouse, touch and keyboard; this puts it beside its button.

const GAP = 6;
const EDGE = 8;

function place(text) {
  const button = document.querySelector(`[popovertarget="${text.id}"]`);
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = text;
  const below = at.bottom + GAP + height <= innerHeight - EDGE;
  text.style.left = `${Math.max(EDGE, Math.min(at.left, innerWidth - width - EDGE))}px`;
  text.style.top = `${below ? at.bottom + GAP : Math.max(EDGE, at.top - GAP - height)}px`;
}

// "toggle" doesn't bubble, and the dashboard replaces its tiles: so it is caught on its way down.
document.addEventListener(
  "toggle",
  (event) => {
    if (event.newState === "open" && event.target.matches(".info-text")) place(event.target);
  },
  true,
);

// The text stays where it was when the page moves under it, so it goes.
const close = () => document.querySelector(".info-text:popover-open")?.hidePopover();
addEventListener("scroll", close, { passive: true, capture: true });
addEventListener("resize", close);
