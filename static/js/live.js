// What every live part of a page needs: to say when the server does not answer, and to notice that
// the log-in has ended, where htmx would put the log-in page into the middle of the page.

const notice = document.querySelector("[data-no-answer]");
const away = notice.textContent;

function say(sentence) {
  notice.textContent = sentence;
  notice.hidden = false;
}

document.addEventListener("htmx:sendError", () => say(away));
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  const isSentence = xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
  say(isSentence ? xhr.responseText : away); // a refusal comes as a sentence of its own
});
document.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.successful) notice.hidden = true;
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const answered = new URL(event.detail.xhr.responseURL, window.location.href);
  if (answered.pathname !== document.body.dataset.loginUrl) return;
  event.detail.shouldSwap = false;
  window.location.reload(); // leads to the log-in, and back here after it
});
