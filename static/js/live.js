// What every live part of a page needs: to say when the server does not answer, and to notice that
// the log-in has ended, where htmx would put the log-in page into the middle of the page.

const notice = document.querySelector("[data-no-answer]");

document.addEventListener("htmx:sendError", () => (notice.hidden = false));
document.addEventListener("htmx:responseError", () => (notice.hidden = false));
document.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.successful) notice.hidden = true;
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const answered = new URL(event.detail.xhr.responseURL, window.location.href);
  if (answered.pathname !== document.body.dataset.loginUrl) return;
  event.detail.shouldSwap = false;
  window.location.reload(); // leads to the log-in, and back here after it
});
