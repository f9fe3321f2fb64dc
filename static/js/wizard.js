// Step 1 of the import wizard: take a file, send it, then show what the server found in it.

import { duration, percent, size } from "./presentation.js";
import { sendFile } from "./upload.js";

const RATE_WINDOW_MS = 8000;

const card = document.querySelector("#wizard[data-uploads-url]");
const part = (name) => card.querySelector(`[data-${name}]`);
const zone = part("drop-zone");
const picker = part("file");
const pauseButton = part("pause");
const stopDialog = document.getElementById("stop-sending");

let sending = null; // what sendFile gives, while a file is on its way
let paused = false;
let isSent = false;
let marks = []; // [time in ms, bytes sent], the last few seconds of them

function say(name, sentence) {
  const box = part(name);
  box.hidden = !sentence;
  box.querySelector("span").textContent = sentence;
}

function showSending(shown) {
  part("choosing").hidden = shown;
  part("foot-choosing").hidden = shown;
  part("sending").hidden = !shown;
  part("foot-sending").hidden = !shown;
  const unfinished = document.querySelector("[data-unfinished]");
  if (unfinished) unfinished.hidden = shown;
}

function setPaused(value) {
  paused = value;
  marks = [];
  part("sent-bar").classList.toggle("is-paused", paused);
  pauseButton.querySelector("span").textContent = paused ? "Resume" : "Pause";
  if (paused) {
    part("sent-rate").textContent = "–";
    part("sent-left").textContent = "–";
  }
}

function showProgress(sent, total) {
  const now = performance.now();
  marks = [...marks.filter(([time]) => now - time < RATE_WINDOW_MS), [now, sent]];
  part("sent-bar").value = total ? (100 * sent) / total : 100;
  part("sent-percent").textContent = percent(total ? sent / total : 1);
  part("sent-bytes").textContent = `${size(sent)} of ${size(total)}`;
  const [time, bytes] = marks[0];
  const perSecond = (1000 * (sent - bytes)) / (now - time);
  if (now - time < 500 || !(perSecond > 0)) return;
  part("sent-rate").textContent = `${size(perSecond)}/s`;
  part("sent-left").textContent = sent < total ? duration((total - sent) / perSecond) : "–";
}

function showFault(fault) {
  setPaused(true);
  pauseButton.hidden = !fault.canGoOn;
  say("sending-error", fault.sentence);
  if (!fault.waitsForConnection) return;
  window.addEventListener("online", () => paused && goOn(), { once: true });
}

function goOn() {
  say("sending-error", "");
  setPaused(false);
  sending.goOn();
}

async function showCheck(importId) {
  isSent = true;
  part("sending-note").textContent = "Sent. Looking at the file…";
  pauseButton.disabled = true;
  stopDialog.close();
  const address = card.dataset.checkUrl.replace("/0/", `/${importId}/`);
  const goPlainly = () => window.location.assign(address);
  document.body.addEventListener("htmx:responseError", goPlainly, { once: true });
  document.body.addEventListener("htmx:sendError", goPlainly, { once: true });
  await window.htmx.ajax("GET", address, { target: "#wizard", swap: "outerHTML" });
  document.querySelector("#wizard [data-focus]")?.focus();
}

/** Why `file` is not taken, or nothing. */
function refusalOf(file) {
  if (file.size > Number(card.dataset.freeBytes)) {
    return `${file.name} has ${size(file.size)}, and ${size(Number(card.dataset.freeBytes))} are free here. Free some disk space, or split the file.`;
  }
  if (file.size === 0) return `${file.name} is empty. Choose another file.`;
  return "";
}

async function take(file) {
  const refusal = refusalOf(file);
  isSent = false;
  say("choosing-error", refusal);
  picker.value = ""; // so that choosing the same file again is a change, too
  if (refusal || sending) return;
  part("file-name").textContent = file.name;
  part("sending-note").textContent = size(file.size);
  say("sending-error", "");
  pauseButton.hidden = false;
  pauseButton.disabled = false;
  showSending(true);
  setPaused(false);
  showProgress(0, file.size);
  pauseButton.focus();
  sending = await sendFile(
    file,
    {
      endpoint: card.dataset.uploadsUrl,
      chunkBytes: Number(card.dataset.chunkBytes),
      environment: card.dataset.environment,
      person: card.dataset.person,
      csrfToken: JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"],
    },
    {
      onProgress: (sent, total) => {
        if (paused) return;
        say("sending-error", "");
        showProgress(sent, total);
      },
      onRetry: () => say("sending-error", "The connection was lost. Trying again…"),
      onFault: showFault,
      onDone: showCheck,
    },
  );
  if (sending.goesOnFromBefore) part("sending-note").textContent = `${size(file.size)} · resumed`;
}

function takeDropped(transfer) {
  const isFolder = [...transfer.items].some((item) => item.webkitGetAsEntry?.()?.isDirectory);
  if (isFolder) say("choosing-error", "That's a folder. Drop one file.");
  else if (transfer.files.length > 1) say("choosing-error", "Drop one file at a time.");
  else if (transfer.files.length === 1) take(transfer.files[0]);
}

// What was sent is kept, but a closed tab sends no more. Paused, that is what was wanted.
window.addEventListener("beforeunload", (event) => {
  if (sending && !paused && !isSent) event.preventDefault();
});

if (card) {
  const bringsFile = (event) => event.dataTransfer?.types.includes("Files");

  picker.addEventListener("change", () => picker.files.length && take(picker.files[0]));
  if (picker.files.length) take(picker.files[0]); // it was dropped or chosen before this was loaded

  // On the whole window: a file let go beside the zone must not make the browser leave the page.
  window.addEventListener("dragover", (event) => {
    if (!bringsFile(event)) return;
    event.preventDefault();
    zone.classList.add("is-over");
  });
  window.addEventListener("dragleave", (event) => event.relatedTarget === null && zone.classList.remove("is-over"));
  window.addEventListener("drop", (event) => {
    if (!bringsFile(event)) return;
    event.preventDefault();
    zone.classList.remove("is-over");
    if (!sending) takeDropped(event.dataTransfer);
  });

  pauseButton.addEventListener("click", async () => {
    if (paused) return goOn();
    setPaused(true);
    await sending?.pause();
  });

  document.querySelector("[data-stop]").addEventListener("click", async () => {
    const ended = sending;
    sending = null;
    stopDialog.close();
    showSending(false);
    picker.focus();
    try {
      await ended?.stop();
    } catch {
      say("choosing-error", "The server couldn't be told to discard the file. It removes it later.");
    }
  });
}
