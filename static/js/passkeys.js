// Passkeys: shown where the browser and the address allow them, with a sentence where one doesn't work.

const isName = !/^[\d.]+$|^\[/.test(location.hostname);
const possible = isSecureContext && "PublicKeyCredential" in window && isName;

for (const part of document.querySelectorAll("[data-passkeys]")) part.hidden = !possible;
for (const part of document.querySelectorAll("[data-no-passkeys]")) part.hidden = possible;

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  for (const part of document.querySelectorAll("[data-passkey-error]")) part.hidden = false;
});
