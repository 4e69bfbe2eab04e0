// The command palette: the menu, the actions of this page, what the server finds. Arrows and Enter.
import { ask, icon, make, marked, on, visible, word } from "./dom.js";

const dialog = document.getElementById("hz-palette");
const input = dialog?.querySelector("input");
const list = dialog?.querySelector("[role=listbox]");
let found = [];
let asked = null;
let timer = 0;

export function openPalette() {
  if (!dialog || dialog.open) return;
  document.querySelectorAll("dialog[open]").forEach((other) => other.close());
  input.value = "";
  found = [];
  draw();
  dialog.showModal();
}

const iconOf = (element) => element.querySelector("use")?.getAttribute("href").split("#")[1] ?? "chevron-right";
const entry = (element, group, hint = "") => ({ title: element.querySelector("span:not(.hz-sr)")?.textContent.trim() ?? element.textContent.trim(), hint, group, icon: iconOf(element), run: () => element.click() });

function known() {
  const actions = [...document.querySelectorAll(".hz-actions .hz-btn:not(summary), .hz-actions .hz-menu__item")]
    .filter((element, at, all) => !element.disabled && (visible(element) || element.closest(".hz-menu")) && all.findIndex((other) => other.textContent.trim() === element.textContent.trim()) === at)
    .map((element) => entry(element, word("actions"), element.dataset.shortcut?.toUpperCase()));
  const pages = [...document.querySelectorAll(".hz-nav a")].map((element) => entry(element, word("commands"), element.dataset.go ? `G ${element.dataset.go.toUpperCase()}` : ""));
  const own = [["theme", "moon", "hanse:theme"], ["density", "baseline-density-medium", "hanse:density"], ["help", "keyboard", "hanse:help"]]
    .map(([name, sign, event]) => ({ title: word(name), hint: "", group: word("commands"), icon: sign, run: () => document.dispatchEvent(new CustomEvent(event)) }));
  return [...actions, ...pages, ...own];
}

function draw() {
  const wanted = input.value.trim().toLowerCase();
  const entries = known().filter(({ title }) => wanted.split(/\s+/).every((part) => title.toLowerCase().includes(part))).slice(0, 12);
  entries.push(...found.map((result) => ({ ...result, group: word("results"), run: () => location.assign(new URL(result.url, document.baseURI)) })));
  const children = [];
  let group = "";
  entries.forEach((item, at) => {
    if (item.group !== group) children.push(make("div", "hz-palette__group", (group = item.group)));
    children.push(option(item, at, wanted));
  });
  if (!entries.length) children.push(make("div", "hz-palette__none", word(asked ? "searching" : "none")));
  list.replaceChildren(...children);
  list.querySelectorAll(".hz-palette__group, .hz-palette__none").forEach((line) => line.setAttribute("role", "presentation"));
  select(list.querySelector("[role=option]"));
}

function option(item, at, wanted) {
  const line = make("div", "hz-palette__item");
  line.id = `hz-palette-${at}`;
  line.setAttribute("role", "option");
  const title = make("span");
  marked(title, item.title, wanted);
  line.append(icon(item.icon || "file-text"), title);
  if (item.hint) line.append(make("span", "hz-palette__hint", item.hint));
  line.run = item.run;
  return line;
}

function select(line) {
  list.querySelectorAll("[aria-selected]").forEach((other) => other.removeAttribute("aria-selected"));
  line?.setAttribute("aria-selected", "true");
  line?.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", line?.id ?? "");
}

async function search() {
  asked?.abort();
  const wanted = input.value.trim();
  asked = wanted && dialog.dataset.url ? new AbortController() : null;
  if (!asked) { found = []; return draw(); }
  const mine = asked;
  try {
    const results = await ask(dialog.dataset.url, { q: wanted }, mine.signal);
    if (mine !== asked) return;
    found = results;
  } catch (error) {
    if (error.name === "AbortError") return;
    found = [];
  }
  asked = null;
  draw();
}

function go(line) {
  if (!line) return;
  dialog.close();
  line.run();
}

if (dialog) {
  on("click", "[data-palette-open]", openPalette);
  input.addEventListener("input", () => { draw(); clearTimeout(timer); timer = setTimeout(search, 150); });
  input.addEventListener("keydown", (event) => {
    const lines = [...list.querySelectorAll("[role=option]")];
    const at = lines.findIndex((line) => line.hasAttribute("aria-selected"));
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1 + lines.length, Home: 0, End: lines.length - 1 };
    if (event.key in moves && lines.length) { event.preventDefault(); select(lines[moves[event.key] % lines.length]); }
    if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); go(lines[at]); }
  });
  list.addEventListener("pointermove", (event) => { const line = event.target.closest("[role=option]"); if (line && !line.hasAttribute("aria-selected")) select(line); });
  list.addEventListener("click", (event) => go(event.target.closest("[role=option]")));
}
