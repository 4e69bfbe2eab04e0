// Counting with a phone: each entry is kept on the device until the server has it, and sent once whatever happens.
import { icon, on, ready } from "../../js/dom.js";

const KEEP = "hanse-tallies";
const page = () => document.querySelector("[data-counting]");
let sending = false;

function read() {
  try { return JSON.parse(localStorage.getItem(KEEP)) ?? []; } catch { return []; }
}

function write(entries) {
  if (entries.length) localStorage.setItem(KEEP, JSON.stringify(entries));
  else localStorage.removeItem(KEEP);
}

/** A name for an entry that nobody else gives; also where the address is not encrypted. */
const key = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const own = (entries) => entries.filter((one) => one.user === page()?.dataset.user);
const row = (line) => document.getElementById(`line-${line}`);

function say(line, text, name) {
  const told = row(line)?.querySelector("[data-counting-counted]");
  if (!told) return;
  told.replaceChildren(...(text ? [icon(name, "hz-icon--s"), text] : []));
}

/** Show which entries wait, and how many. */
function show() {
  const here = page();
  if (!here) return;
  const waiting = own(read());
  const queue = here.querySelector("[data-counting-queue]");
  queue.hidden = !waiting.length;
  queue.textContent = waiting.length ? `${waiting.length} · ${navigator.onLine ? here.dataset.waiting : here.dataset.lost}` : "";
  for (const one of waiting.filter((each) => each.record === here.dataset.record && each.line)) {
    row(one.line)?.toggleAttribute("data-waits", true);
    say(one.line, `${one.quantity} · ${here.dataset.waiting}`, "clock");
  }
}

function settle(entry, answer) {
  const there = row(entry.line);
  if (!there || entry.record !== page()?.dataset.record) return;
  there.removeAttribute("data-waits");
  there.querySelector("[data-counting-error]").textContent = answer.error ?? "";
  if (answer.error) return say(entry.line, "", "");
  if (!there.hasAttribute("data-counted")) {
    there.toggleAttribute("data-counted", true);
    const done = page().querySelector("[data-counting-done]");
    done.textContent = Number(done.textContent) + 1;
  }
  say(entry.line, answer.counted, "circle-check");
}

/** Send what waits, one after the other; what the server refuses is told at its row, what it did not get waits on. */
async function send() {
  if (sending || !page()) return;
  sending = true;
  try {
    for (const entry of own(read())) {
      const body = new FormData();
      for (const [name, value] of Object.entries(entry)) if (name !== "user") body.set(name, value);
      body.set("csrf_token", document.querySelector("[name=csrf_token]").value);
      const answer = await fetch(page().dataset.url, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (!answer.ok && answer.status !== 422) break;
      write(read().filter((one) => one.key !== entry.key));
      settle(entry, await answer.json());
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // no connection: it waits
  } finally {
    sending = false;
    show();
  }
}

on("submit", "form[data-counting-line]", (event, form) => {
  event.preventDefault();
  const number = form.querySelector("[name=quantity]");
  const { user, record } = page().dataset;
  write([...read(), { user, record, line: form.dataset.countingLine, quantity: number.value.trim(), counted_at: new Date().toISOString(), key: key() }]);
  number.value = "";
  show();
  send();
  const rows = [...document.querySelectorAll("[data-counting-line]")];
  const next = rows[rows.indexOf(form) + 1]?.querySelector("[name=quantity]");
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}, true); // before the form counts as sent

/** A scanned code that stands on the page leads to its row without asking the server. */
on("submit", "form[data-counting-search]", (event, form) => {
  const words = form.querySelector("[name=q]");
  const wanted = words.value.trim().toLowerCase();
  const found = [...document.querySelectorAll("[data-codes]")].find((one) => wanted && one.dataset.codes.toLowerCase().split(" ").includes(wanted));
  if (!found) return;
  event.preventDefault();
  words.value = "";
  found.querySelector("[name=quantity]").focus();
  found.scrollIntoView({ block: "center" });
}, true);

addEventListener("online", send);
addEventListener("offline", show);
ready(() => { show(); send(); });
setInterval(() => { if (own(read()).length) send(); }, 15_000);
