// Lists: selecting rows and what to do with them, opening a row by a click anywhere on it, scroll kept.
import { on, ready } from "./dom.js";

const boxes = () => [...document.querySelectorAll(".hz-row .hz-pick input")];
let last = null;

function count() {
  const all = boxes();
  const picked = all.filter((box) => box.checked).length;
  const head = document.querySelector("[data-pick-all]");
  if (head) {
    head.checked = picked > 0 && picked === all.length;
    head.indeterminate = picked > 0 && picked < all.length;
  }
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  bar.hidden = !picked;
  const text = bar.querySelector("[data-bulk-count]");
  text.textContent = picked === 1 ? text.dataset.one : text.dataset.many.replace("{n}", picked);
}

on("click", ".hz-pick input", (event, box) => {
  if (box.matches("[data-pick-all]")) boxes().forEach((other) => { other.checked = box.checked; });
  else if (event.shiftKey && last?.isConnected) {
    const all = boxes();
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    all.slice(from, to + 1).forEach((other) => { other.checked = box.checked; });
  }
  if (!box.matches("[data-pick-all]")) last = box;
  count();
});
on("click", "[data-pick-none]", () => { boxes().forEach((box) => { box.checked = false; }); count(); });

on("click auxclick", ".hz-row[data-url]", (event, row) => {
  if (event.target.closest("a, button, input, label") || `${getSelection()}` || event.button > 1) return;
  const address = new URL(row.dataset.url, document.baseURI);
  event.ctrlKey || event.metaKey || event.button === 1 ? open(address) : location.assign(address);
});

// Where one was in a list or a form, when one comes back to it.
const place = () => `hz-scroll:${location.pathname}${location.search}`;
addEventListener("pagehide", () => {
  const area = document.querySelector("[data-scroll]");
  if (area) sessionStorage.setItem(place(), area.scrollTop);
});
const kind = performance.getEntriesByType("navigation")[0]?.type;
if (kind === "back_forward" || kind === "reload") {
  const area = document.querySelector("[data-scroll]");
  if (area) area.scrollTop = Number(sessionStorage.getItem(place()));
}

ready(count);
addEventListener("pageshow", count);
document.addEventListener("hanse:unpick", () => document.querySelector("[data-pick-none]")?.click());
// A search that is typed on asks again; its empty word leaves the address.
document.addEventListener("htmx:config:request", (event) => {
  const { body } = event.detail.ctx.request;
  if (event.target.matches?.("form.hz-search") && body?.get?.("q") === "") body.delete("q");
});
