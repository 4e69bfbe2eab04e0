// Keys that work everywhere. Letters only while nobody is typing; an action brings its own letter in data-shortcut.
import { on, visible } from "./dom.js";
import { openPalette } from "./palette.js";

const typing = (element) => element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const rows = () => [...document.querySelectorAll(".hz-row")];
let going = 0;

function step(distance) {
  const all = rows();
  const at = all.indexOf(document.activeElement?.closest(".hz-row"));
  const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + distance))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function back() {
  const crumbs = document.querySelectorAll(".hz-crumbs li > a");
  const clear = document.querySelector("[data-pick-none]");
  if (visible(clear)) clear.click();
  else if (crumbs.length) crumbs[crumbs.length - 1].click();
}

const plain = {
  j: () => step(1),
  k: () => step(-1),
  x: () => document.activeElement?.closest(".hz-row")?.querySelector(".hz-pick input")?.click(),
  "/": () => document.querySelector("[data-search]")?.select(),
  "?": () => document.getElementById("hz-help")?.showModal(),
  g: () => { going = Date.now(); },
  Escape: back,
};

function letter(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const went = Date.now() - going < 1500;
  going = 0;
  if (went) return document.querySelector(`[data-go="${CSS.escape(key)}"]`);
  if (key === "Enter") return event.target.matches(".hz-row") ? event.target.querySelector("a") ?? event.target : null;
  const actions = [...document.querySelectorAll(`[data-shortcut="${CSS.escape(key)}"]:not(:disabled)`)];
  return actions.find(visible) ?? actions.find((action) => action.closest(".hz-menu")) ?? plain[key];
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const command = event.ctrlKey || event.metaKey;
  const name = event.key.toLowerCase();
  if (command && name === "k") { event.preventDefault(); return openPalette(); }
  if (command && name === "s") {
    const form = document.querySelector("form[data-form]:not([data-readonly])");
    event.preventDefault();
    return form?.requestSubmit(saver(form));
  }
  if (command || document.querySelector("dialog[open]")) return;
  if (typing(event.target)) return name === "escape" ? event.target.blur() : undefined;
  const found = letter(event);
  if (!found) return;
  event.preventDefault();
  typeof found === "function" ? found() : found.click();
});

/** The button that saves and does nothing else, if the page shows one. */
const saver = (form) => [...form.elements].find((element) => element.matches("button[name=action][value=save]:not(:disabled)"));

on("click", "[data-help-open]", () => document.getElementById("hz-help").showModal());
