// Stands in for the WP Consent API's script: consent is a cookie, and a change is told to everybody.
window.wp_has_consent = (category) => document.cookie.includes(`wp_consent_${category}=allow`);
window.wp_set_consent = (category, value) => {
  document.cookie = `wp_consent_${category}=${value}; path=/`;
  document.dispatchEvent(new CustomEvent("wp_listen_for_consent_change", { detail: { [category]: value } }));
};
