// Passkeys: django-allauth's scripts bound to our forms, shown where the browser and the address allow passkeys.

const isName = !/^[\d.]+$|^\[/.test(location.hostname);
const possible = isSecureContext && "PublicKeyCredential" in window && isName;

for (const part of document.querySelectorAll("[data-passkeys]")) part.hidden = !possible;
for (const part of document.querySelectorAll("[data-no-passkeys]")) part.hidden = possible;

const { addForm, authenticateForm, loginForm } = window.allauth.webauthn.forms;
const credential = "passkey-credential";
const data = "js_data"; // what the server asks for, as JSON in the page
if (document.getElementById("passkey-login")) loginForm({ ids: { login: "passkey-login", credential } });
if (document.getElementById("passkey-use")) authenticateForm({ ids: { authenticate: "passkey-use", credential, data } });
if (document.getElementById("passkey-add")) {
  addForm({ ids: { add: "passkey-add", passwordless: "id_passwordless", credential, data } });
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  for (const part of document.querySelectorAll("[data-passkey-error]")) part.hidden = false;
});
