// Stands in for the sandbox of Shopify's custom pixels: runs the code of a pixel with events and consents from stdin,
// really sends what it sends, and prints each call with its answer.
const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
const handlers = [];
const privacyHandlers = [];
const calls = [];

const analytics = {
  async subscribe(name, handler) {
    if (name !== "all_standard_events") throw new Error(`Nobody publishes ${name}`);
    handlers.push(handler);
  },
};
const refused = async () => { throw new Error("This pixel needs no storage"); };
const storage = { get: refused, set: refused, getItem: refused, setItem: refused };
const browser = { cookie: storage, localStorage: storage, sessionStorage: storage };
const init = { data: { customer: given.customer ?? null }, context: {}, customerPrivacy: given.privacy };
const customerPrivacy = {
  async subscribe(name, handler) {
    if (name !== "visitorConsentCollected") throw new Error(`Nobody publishes ${name}`);
    privacyHandlers.push(handler);
  },
};
const api = { analytics, browser, init, customerPrivacy };

async function recorded(address, options) {
  const call = { data: JSON.parse(options.body).data, keepalive: options.keepalive };
  calls.push(call);
  const answer = await fetch(address, { ...options, headers: { ...options.headers, Origin: "null" } });
  call.status = answer.status;
  call.allowed = answer.headers.get("access-control-allow-origin");
  call.type = answer.headers.get("content-type");
  return answer;
}

new Function("analytics", "browser", "init", "api", "fetch", given.code)(analytics, browser, init, api, recorded);

(async () => {
  for (const step of given.steps) {
    if (step.consent === undefined) handlers.forEach((handler) => handler(step));
    else privacyHandlers.forEach((handler) => handler({ customerPrivacy: { analyticsProcessingAllowed: step.consent } }));
    while (calls.some((call) => call.status === undefined)) await new Promise((done) => setTimeout(done, 5));
  }
  process.stdout.write(JSON.stringify(calls));
})();
