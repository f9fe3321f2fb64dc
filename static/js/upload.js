// Sends one file by tus (https://tus.io): in chunks, and on from where it was after any break.
// The `tus` global is tus-js-client, loaded before this module.

const RETRY_AFTER_MS = [0, 1000, 3000, 5000, 10000, 20000];

// Answers that say an upload is gone, or (423) that another request is at work on it.
const STARTS_ANEW = [404, 410, 423];

/** What went wrong, as a sentence, and whether pressing "Resume" can help. */
export class Fault {
  constructor(sentence, { canGoOn = true, waitsForConnection = false } = {}) {
    this.sentence = sentence;
    this.canGoOn = canGoOn;
    this.waitsForConnection = waitsForConnection;
  }
}

const OFFLINE = new Fault("You're offline. The upload resumes once the connection is back.", {
  waitsForConnection: true,
});

/** The server's own sentence, where it gave one: uploads are refused in plain text. */
function saidByServer(response) {
  const text = (response.getBody() || "").trim();
  return response.getHeader("Content-Type")?.startsWith("text/plain") && text.length < 400 ? text : "";
}

function faultOf(error, response) {
  if (!response) {
    if (!error.originalRequest) return new Fault("The file can't be read any more. Was it moved or changed? Choose it again.", { canGoOn: false });
    return navigator.onLine ? new Fault("The server isn't responding. What was sent is kept: press Resume to try again.") : OFFLINE;
  }
  const status = response.getStatus();
  const said = saidByServer(response);
  // A 403 without a sentence is the check against forged requests: the page is of an older log-in.
  if (status === 401 || (status === 403 && !said)) return new Fault("You were logged out. Reload the page, log in and drop the same file to resume.", { canGoOn: false });
  if (status === 403) return new Fault(said, { canGoOn: false });
  if (status === 413) return new Fault(said || "The file is larger than the space that is free here.", { canGoOn: false });
  if (status === 507) return new Fault(said || "The server's disk is full. What was sent is kept: once there is space, press Resume.");
  if (status === 404 || status === 410) return new Fault(said || "This upload was cancelled, or it's too old. Choose the file again.", { canGoOn: false });
  if (status >= 500) return new Fault(`The server failed (${status}). What was sent is kept: press Resume to try again.`);
  return new Fault(said || `The server gave an unexpected answer (${status}). Reload the page and drop the same file to resume.`, { canGoOn: false });
}

function isWorthRetrying(response) {
  const status = response?.getStatus() ?? 0;
  const passes = status === 0 || status === 409 || status === 423 || status === 429 || (status >= 500 && status !== 507);
  return passes && navigator.onLine;
}

const END_BYTES = 64 * 1024;
const PLACES_BETWEEN = 14;
const PLACE_BYTES = 4 * 1024;

/** Tells a file from another of the same name, size and time: a hash of both its ends and of places between them. */
async function printOf(file) {
  const pieces = [file.slice(0, END_BYTES), file.slice(Math.max(0, file.size - END_BYTES))];
  for (let place = 1; place <= PLACES_BETWEEN; place += 1) {
    const at = Math.floor((file.size * place) / (PLACES_BETWEEN + 1));
    pieces.push(file.slice(at, at + PLACE_BYTES));
  }
  let one = 0xdeadbeef;
  let two = 0x41c6ce57;
  // Two products of 32 bits each: crypto.subtle is missing where a page comes over plain HTTP.
  for (const byte of new Uint8Array(await new Blob(pieces).arrayBuffer())) {
    one = Math.imul(one ^ byte, 2654435761);
    two = Math.imul(two ^ byte, 1597334677);
    two ^= one >>> 15;
  }
  return [one, two].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

/**
 * Start sending `file`.
 * @param {File} file
 * @param {{endpoint: string, chunkBytes: number, environment: string, person: string, csrfToken: string}} way
 * @param {{onProgress(sent: number, total: number): void, onRetry(): void, onFault(fault: Fault): void, onDone(importId: string): void}} hear
 * @returns {Promise<{pause(): Promise<void>, goOn(): void, stop(): Promise<void>, goesOnFromBefore: boolean}>}
 */
export async function sendFile(file, way, hear) {
  const print = await printOf(file).catch(() => ""); // one that cannot be read fails when it is sent
  let importId = null;
  let answer = null; // to the last request, where there was one
  const upload = new window.tus.Upload(file, {
    endpoint: way.endpoint,
    chunkSize: way.chunkBytes,
    retryDelays: RETRY_AFTER_MS,
    metadata: { filename: file.name, environment: way.environment, fingerprint: print },
    // The server refuses to put the end of one file behind the beginning of another.
    headers: { "X-CSRFToken": way.csrfToken, "Dojo-Fingerprint": print },
    storeFingerprintForResuming: true,
    removeFingerprintOnSuccess: true,
    // The same file in another environment, or by another person, is another upload.
    fingerprint: async () => ["dojo", way.person, way.environment, file.name, file.size, file.lastModified, print].join("/"),
    onBeforeRequest: () => {
      answer = null;
    },
    onAfterResponse: (request, response) => {
      answer = response;
      importId = response.getHeader("Dojo-Import") || importId;
      // tus-js-client starts a new upload from zero whenever it cannot learn how far the old one is. That is
      // right only where the old one is gone: a server that fails for a moment must not cost what was sent.
      const status = response.getStatus();
      if (request.getMethod() === "HEAD" && status >= 400 && !STARTS_ANEW.includes(status)) {
        throw new Error(`The state of the upload is unknown (${status}).`);
      }
    },
    onShouldRetry: () => {
      const retries = isWorthRetrying(answer);
      if (retries) hear.onRetry();
      return retries;
    },
    onProgress: (sent, total) => hear.onProgress(sent, total),
    onError: (error) => hear.onFault(faultOf(error, answer)),
    onSuccess: () => {
      if (importId) hear.onDone(importId);
      else hear.onFault(new Fault("The file was sent, but the server didn't say where it is. Look for it under Imports.", { canGoOn: false }));
    },
  });

  const [before] = (await upload.findPreviousUploads()).sort((a, b) => b.creationTime.localeCompare(a.creationTime));
  if (before) upload.resumeFromPreviousUpload(before);
  upload.start();

  return {
    goesOnFromBefore: Boolean(before),
    pause: () => upload.abort(),
    goOn: () => upload.start(),
    stop: () => upload.abort(true),
  };
}
