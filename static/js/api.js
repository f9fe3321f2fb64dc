// The form for a test interaction: another type brings another example, each a record of its own.

const UUID = /"uuid": "[0-9a-f-]{36}"/;

function fresh() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

const body = document.getElementById("test-body");

document.querySelector("[data-test-type]").addEventListener("change", (event) => {
  body.value = event.target.selectedOptions[0].dataset.test.replace(UUID, `"uuid": "${fresh()}"`);
});
