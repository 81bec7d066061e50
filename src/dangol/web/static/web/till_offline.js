// The till's page without a network: takes a sale, shows what waits, and what was refused with a way to put it right.
import { all, fact, put, remove, replay, seal, tell } from "./till_queue.js";

const form = document.getElementById("late");
const { digits, currency } = form.dataset;
const [number, amount, card] = [form.elements.number, form.elements.amount, form.elements.card];
const said = document.getElementById("late-said");
const words = said.dataset;

const readable = (text) => {
  const bare = text.replace(/[\s,₩$원]/g, "");
  if (!/^\d{1,15}(\.\d{1,4})?$/.test(bare) || Number(bare) <= 0) return "";
  return (bare.split(".")[1] ?? "").replace(/0+$/, "").length <= Number(digits) ? bare : "";
};

const money = (text, unit) => new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: unit, currencyDisplay: "narrowSymbol", trailingZeroDisplay: "stripIfInteger" }).format(Number(text));
const clock = (at) => new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" }).format(new Date(at));

const say = (text, bad = false) => {
  said.textContent = text;
  said.classList.toggle("bad", bad);
  said.hidden = !text;
};
const refuse = (text) => {
  say(text, true);
  return false;
};

// Up to which amount a card or credit may pay that nobody can look at now.
const most = async (pays) => (pays ? ((await fact("terms"))?.[pays] ?? "0") : "Infinity");

// Whether it is kept now; where it is not, why has been said.
const keep = async (who, paid, { pays = "", code = "", before = null } = {}) => {
  const key = before?.key ?? crypto.randomUUID();
  const limit = await most(pays);
  if (Number(paid) > Number(limit)) return refuse(words.most.replace("{most}", money(limit, currency)));
  const box = await seal(who, key);
  const sealed = code ? await seal(code, `${key}:card`) : (before?.card ?? null);
  if (!box) return refuse(words.unready);
  await put({ ...(before ?? {}), pays, card: sealed, cardHint: code ? code.slice(-4) : (before?.cardHint ?? ""), key, madeAt: before?.madeAt ?? new Date().toISOString(), amount: paid, currency, hint: who.slice(-2), box, state: "waiting", told: null });
  tell();
  return true;
};

const line = (sale) => {
  const row = document.getElementById(sale.state === "refused" ? "t-refused" : "t-waiting").content.cloneNode(true).firstElementChild;
  row.querySelector("[data-amount]").textContent = money(sale.amount, sale.currency);
  const means = { card: `${words.card} ··${sale.cardHint}`, credit: words.credit }[sale.pays];
  row.querySelector("[data-about]").textContent = [`··${sale.hint}`, means, clock(sale.madeAt)].filter(Boolean).join(" · ");
  if (sale.state !== "refused") return row;
  row.querySelector("[data-why]").textContent = sale.told ? `${sale.told.sentence} ${sale.told.remedy}` : words.broken;
  const [who, paid] = row.querySelectorAll("input");
  paid.value = sale.amount;
  row.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const fresh = readable(paid.value);
    if (!who.value.trim() || !fresh) {
      refuse(words.wrong);
      return;
    }
    say("");
    if (await keep(who.value.trim(), fresh, { pays: sale.pays, before: sale })) await replay();
  });
  row.querySelector("[data-drop]").addEventListener("click", async (event) => {
    if (event.target.dataset.sure !== "1") {
      event.target.dataset.sure = "1";
      event.target.textContent = event.target.dataset.ask;
      return;
    }
    await remove(sale);
    tell();
  });
  return row;
};

let turns = 0;
const draw = async () => {
  const turn = ++turns;
  const [kept, sold] = [await all(), (await fact("sold")) ?? []];
  if (turn !== turns) return;
  const typing = document.activeElement?.closest("#late-list input");
  document.getElementById("late-count").textContent = kept.length;
  document.getElementById("late-none").hidden = kept.length > 0;
  if (!typing) document.getElementById("late-list").replaceChildren(...kept.map(line));
  document.getElementById("late-sold").replaceChildren(...sold.map((one) => {
    const row = document.getElementById("t-sold").content.cloneNode(true).firstElementChild;
    const link = row.querySelector("a");
    link.href = one.receipt;
    link.textContent = money(one.amount, one.currency);
    row.querySelector("[data-about]").textContent = `${one.number} · ${clock(one.at)}`;
    const missing = row.querySelector("[data-missing]");
    missing.hidden = !one.missing;
    if (one.missing) missing.textContent = missing.dataset.words.replace("{money}", money(one.missing, one.currency));
    return row;
  }));
  document.getElementById("late-done").hidden = !sold.length;
};

const chosen = () => form.elements.pays.value;

const show = async () => {
  const terms = (await fact("terms")) ?? {};
  const may = ["card", "credit"].filter((one) => Number(terms[one] ?? 0) > 0);
  document.getElementById("late-pays").hidden = !may.length;
  document.getElementById("late-none-unseen").hidden = may.length > 0;
  for (const one of form.querySelectorAll("[name=pays][value]:not([value=''])")) one.closest("label").hidden = !may.includes(one.value);
  for (const one of form.querySelectorAll("[data-most]")) if (terms[one.dataset.most]) one.textContent = words.upTo.replace("{most}", money(terms[one.dataset.most], currency));
  document.getElementById("late-card").hidden = chosen() !== "card";
};

form.addEventListener("change", (event) => {
  if (event.target.name !== "pays") return;
  show();
  if (event.target.value === "card") card.focus();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [who, paid, pays] = [number.value.trim(), readable(amount.value), chosen()];
  if (!who) return number.focus();
  if (!paid) {
    if (amount.value) say(words.wrong, true);
    return amount.focus();
  }
  if (pays === "card" && !card.value.trim()) return card.focus();
  const code = pays === "card" ? card.value.trim() : "";
  if (Number(paid) > Number(await most(pays))) return say(words.most.replace("{most}", money(await most(pays), currency)), true);
  number.value = amount.value = card.value = "";
  form.elements.pays.value = "";
  number.focus();
  const kept = await keep(who, paid, { pays, code });
  // Also over what was said of an earlier sale: a refusal beside one that is kept makes it taken twice.
  if (kept) say(words.kept);
  show();
  if (kept) await replay();
});

document.addEventListener("dangol:queue", (event) => {
  const { why } = event.detail;
  if (why !== undefined) for (const one of document.querySelectorAll("[data-state]")) one.hidden = one.dataset.state !== (why || "here");
  draw();
  show();
});

// Typed on a page that did not open: the number goes on here. A sale that was being sent may have arrived.
const begin = (typed) => {
  if (typed && !typed.startsWith("~") && !number.value && location.pathname !== form.dataset.here) number.value = typed;
  (number.value ? amount : number).focus();
};
const sent = new MessageChannel();
sent.port1.onmessage = ({ data }) => begin(data);
navigator.serviceWorker?.controller?.postMessage("typed", [sent.port2]);
if (/\/(earn|go-on|answer)$/.test(location.pathname)) say(words.lost, true);
begin(new URLSearchParams(location.search).get("q"));
draw();
show();
