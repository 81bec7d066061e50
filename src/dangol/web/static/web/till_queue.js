// Sales kept while the network is gone. Each has a name of its own before it is sent: the shop rings up one sale of
// a name, however often it is told. Whose number it was is sealed at once: this browser cannot read it again.
const desk = document.body.dataset;
const DAY = 24 * 60 * 60 * 1000;

const asked = (request) => new Promise((done, failed) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

const opened = () => {
  const request = indexedDB.open("dangol-till", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("sales", { keyPath: "place", autoIncrement: true });
    request.result.createObjectStore("facts");
  };
  return asked(request);
};

const within = async (store, act, mode = "readonly") => {
  const database = await opened();
  try {
    const change = database.transaction(store, mode, { durability: "strict" });
    const over = new Promise((done, failed) => { change.oncomplete = done; change.onerror = change.onabort = () => failed(change.error); });
    const result = await asked(act(change.objectStore(store)));
    await over;
    return result;
  } finally {
    database.close();
  }
};

export const all = () => within("sales", (sales) => sales.getAll());
export const put = (sale) => within("sales", (sales) => sales.put(sale), "readwrite");
export const remove = (sale) => within("sales", (sales) => sales.delete(sale.place), "readwrite");
export const fact = (name) => within("facts", (facts) => facts.get(name));
const setFact = (name, value) => within("facts", (facts) => facts.put(value, name), "readwrite");

const text64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const bytes64 = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

export const seal = async (who, key) => {
  const kept = await fact("seal");
  if (!kept) return null;
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const pair = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  const ours = await crypto.subtle.importKey("raw", bytes64(kept.public), curve, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: ours }, pair.privateKey, 256);
  const point = await crypto.subtle.exportKey("raw", pair.publicKey);
  const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const words = new TextEncoder();
  const derived = { name: "HKDF", hash: "SHA-256", salt: point, info: words.encode("dangol till queue 1") };
  const cipher = await crypto.subtle.deriveKey(derived, base, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: words.encode(key) }, cipher, words.encode(who));
  return { wrapped: kept.wrapped, point: text64(point), nonce: text64(nonce), text: text64(sealed), holder: kept.holder };
};

const tabs = new BroadcastChannel("dangol-till");
const heard = (state) => document.dispatchEvent(new CustomEvent("dangol:queue", { detail: state }));
// What changed here has changed in every tab.
export const tell = (state = {}) => {
  heard(state);
  tabs.postMessage("");
};

// Why the shop cannot be asked now ("gone", "signed-out"), or its token and how far its clock is from this one's.
const learn = async () => {
  const answer = await fetch(desk.queue, { redirect: "manual", headers: { accept: "application/json" } }).catch(() => null);
  if (!answer) return { why: "gone" };
  if (answer.type === "opaqueredirect" || answer.status === 403) return { why: "signed-out" };
  if (!answer.ok) return { why: "gone" };
  const found = await answer.json();
  await setFact("terms", found.terms);
  await setFact("seal", { public: found.public, wrapped: found.wrapped, holder: found.holder, at: Date.now() });
  return { why: "", csrf: found.csrf, skew: Date.parse(found.now) - Date.now() };
};

const send = (sale, { csrf, skew }) => {
  const body = { key: sale.key, made_at: new Date(Date.parse(sale.madeAt) + skew).toISOString(), amount: sale.amount, currency: sale.currency, ...sale.box, pays: sale.pays ?? "", card: sale.card ?? null };
  return fetch(desk.queue, { method: "POST", redirect: "manual", headers: { "content-type": "application/json", "x-csrftoken": csrf }, body: JSON.stringify(body) }).catch(() => null);
};

const settle = async (sale, told) => {
  if (told.state === "sold") {
    const before = ((await fact("sold")) ?? []).filter((one) => Date.now() - one.at < DAY).slice(-19);
    await setFact("sold", [...before.filter((one) => one.number !== told.number), { number: told.number, receipt: told.receipt, amount: sale.amount, currency: sale.currency, missing: told.missing, at: Date.now() }]);
    await remove(sale);
  } else {
    await put({ ...sale, state: "refused", told: told.state === "refused" ? { sentence: told.sentence, remedy: told.remedy } : null });
  }
};

const run = async () => {
  const waiting = (await all()).filter((one) => one.state === "waiting");
  const kept = await fact("seal").catch(() => null);
  // Whoever signed in after somebody else keeps sales of their own.
  const isOurs = kept && (!desk.holder || kept.holder === desk.holder);
  if (!waiting.length && isOurs && Date.now() - kept.at < DAY / 24) return;
  const found = await learn();
  tell({ why: found.why });
  if (found.why) return;
  for (const sale of waiting) {
    const answer = await send(sale, found);
    if (!answer || answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 429 || answer.status >= 500) {
      tell({ why: answer?.type === "opaqueredirect" ? "signed-out" : "gone" });
      return;
    }
    const told = await answer.json().catch(() => null);
    if (!told && answer.ok) {
      // Somebody else answers in the shop's place, as the page of a public network does.
      tell({ why: "gone" });
      return;
    }
    // Refused without words: it is told as one that cannot be read, and those behind it go on.
    await settle(sale, told ?? {});
    tell({ why: "" });
  }
};

// One tab at a time sends; should two do it all the same, the shop rings up one sale of a name.
export const replay = () => (navigator.locks ? navigator.locks.request("dangol-till", { ifAvailable: true }, (lock) => lock && run()) : run());

const count = async () => {
  const badge = document.getElementById("waiting");
  if (!badge) return;
  const kept = await all();
  badge.hidden = !kept.length;
  badge.querySelector("b").textContent = kept.length;
  badge.classList.toggle("bad", kept.some((one) => one.state === "refused"));
};

if (desk.queue && window.indexedDB && window.crypto?.subtle) {
  document.addEventListener("dangol:queue", count);
  window.addEventListener("online", replay);
  tabs.onmessage = () => heard({});
  count();
  replay();
  setInterval(replay, 5000);
  navigator.serviceWorker?.register(desk.worker, { scope: desk.scope }).catch(() => {});
  navigator.storage?.persist?.().catch(() => {});
}
