// The frame: theme, density, sidebar, menus, dialogs, questions, messages, progress of jobs.
import { on, ready, remember, visible, word } from "./dom.js";

const root = document.documentElement;
const press = (selector, chosen) => document.querySelectorAll(selector).forEach((button) => button.setAttribute("aria-pressed", chosen(button)));

function setTheme(theme) {
  theme ? root.setAttribute("data-theme", theme) : root.removeAttribute("data-theme");
  remember("hz_theme", theme);
  press("[data-theme-set]", (button) => button.dataset.themeSet === theme);
}
function toggleDensity() {
  const density = root.dataset.density === "comfortable" ? "compact" : "comfortable";
  root.dataset.density = density;
  remember("hz_density", density);
  press("[data-density-toggle]", () => density === "comfortable");
}
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
on("click", "[data-theme-set]", (event, button) => setTheme(button.dataset.themeSet));
on("click", "[data-density-toggle]", toggleDensity);
document.addEventListener("hanse:theme", () => setTheme(isDark() ? "light" : "dark"));
document.addEventListener("hanse:density", toggleDensity);
document.addEventListener("hanse:help", () => document.getElementById("hz-help").showModal());

// The sidebar of a phone slides over the page, which cannot be reached meanwhile.
function slide(opened) {
  document.body.toggleAttribute("data-nav", opened);
  if (opened) document.body.dataset.nav = "open";
  document.getElementById("hz-main").inert = opened;
  const button = document.querySelector("[data-nav-open]");
  button?.setAttribute("aria-expanded", opened);
  opened ? document.querySelector(".hz-sidebar summary").focus() : button?.focus();
}
on("click", "[data-nav-open]", () => slide(true));
on("click", "[data-nav-close]", () => slide(false));
matchMedia("(max-width: 760px)").addEventListener("change", () => document.body.dataset.nav && slide(false));

// Sections of the menu that somebody folds stay so on the next page.
on("click", ".hz-nav__group > summary", (event, summary) => {
  const { fold } = summary.parentElement.dataset;
  const cookie = document.cookie.split("; ").find((one) => one.startsWith("hz_folded=")) ?? "";
  const folded = new Set(cookie.slice("hz_folded=".length).split(".").filter(Boolean));
  summary.parentElement.open ? folded.add(fold) : folded.delete(fold);
  remember("hz_folded", [...folded].join("."));
});

// Menus close on Esc, on a click elsewhere, and after something was chosen.
const closeMenus = (except) => document.querySelectorAll(".hz-menu[open]").forEach((menu) => { if (menu !== except) menu.open = false; });
document.addEventListener("click", (event) => {
  closeMenus(event.target.closest?.(".hz-menu"));
  const item = event.target.closest?.(".hz-menu__item:not([aria-pressed], [data-confirm])");
  if (item) item.closest(".hz-menu").open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector(".hz-menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (document.body.dataset.nav) slide(false);
  else return;
  event.preventDefault();
}, true);
on("keydown", ".hz-menu[open]", (event, menu) => {
  if (!/^Arrow(Up|Down)$/.test(event.key)) return;
  const items = [...menu.querySelectorAll(".hz-menu__item")].filter(visible);
  const at = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  event.preventDefault();
  items.at(at % items.length)?.focus();
});

// Dialogs
on("click", "[data-dialog]", (event, button) => document.getElementById(button.dataset.dialog)?.showModal());
on("click", "[data-close]", (event, button) => button.closest("dialog").close());
on("pointerdown", "dialog", (event, dialog) => { if (event.target === dialog && dialog.id !== "hz-confirm") dialog.close(); });

// What destroys asks first; the answer presses the same button again.
const agreed = new WeakSet();
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-confirm]");
  if (!button || agreed.delete(button)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const dialog = document.getElementById("hz-confirm");
  const yes = dialog.querySelector("[value=yes]");
  dialog.querySelector("#hz-confirm-text").textContent = button.dataset.confirm;
  yes.textContent = button.textContent.trim() || word("go_on");
  yes.classList.toggle("hz-btn--danger", button.hasAttribute("data-danger"));
  dialog.returnValue = "";
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return;
    agreed.add(button);
    button.click();
  }, { once: true });
  dialog.showModal();
}, true);

// Messages; the server may send one with any answer: HX-Trigger: {"hanse:toast": {"text": …, "tone": "ok"}}
export function toast(text, tone = "info") {
  const note = document.getElementById("hz-toast").content.firstElementChild.cloneNode(true);
  const icons = { ok: "circle-check", warn: "alert-triangle", bad: "alert-circle", info: "info-circle" };
  note.className = `hz-toast hz-toast--${tone}`;
  note.dataset.toast = tone;
  const use = note.querySelector("use");
  use.setAttribute("href", `${word("icons")}#${icons[tone] ?? icons.info}`);
  note.querySelector("p").textContent = text;
  document.getElementById("hz-toasts").append(note);
  leave(note);
}
const leave = (note) => { if (!/bad|warn/.test(note.dataset.toast)) setTimeout(() => note.remove(), 6000); };
document.querySelectorAll("#hz-toasts .hz-toast").forEach(leave);
on("click", ".hz-toast__close", (event, button) => button.closest(".hz-toast").remove());
document.addEventListener("hanse:toast", ({ detail }) => toast(detail.text ?? detail.value, detail.tone));
// A refused form (422) is shown in its place; who is signed out signs in again; for the rest the server's own toast, or ours.
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  const { status, headers } = ctx.response;
  if (status === 422) return;
  ctx.push = null; // what was not shown is not where we are
  if (status === 401) location.reload();
  else if (!headers.get("HX-Trigger")) toast(word("failed"), "bad");
});
document.addEventListener("htmx:error", () => toast(word("offline"), "bad"));

// Progress: asked more and more slowly, until the job is done.
const followed = new WeakSet();
async function follow(box, wait = 400) {
  if (!box.isConnected) return;
  try {
    const answer = await fetch(new URL(box.dataset.progressUrl, document.baseURI), { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${answer.status}`);
    if (!show(box, await answer.json())) {
      if ("progressReload" in box.dataset) location.reload();
      return;
    }
  } catch {
    wait = Math.max(wait, 4000);
  }
  setTimeout(() => follow(box, Math.min(wait * 1.25, 4000)), wait);
}
/** Show how far a job is; tells whether it still runs. */
function show(box, { done, total, message, state, url }) {
  const bar = box.querySelector("progress");
  if (total) Object.assign(bar, { max: total, value: done });
  if (message) box.querySelector("[data-progress-message]").textContent = message;
  box.querySelector("[data-progress-count]").textContent = total ? `${done} / ${total}` : "";
  box.dataset.state = state;
  const result = box.querySelector("[data-progress-result]");
  if (url) Object.assign(result, { href: url, hidden: false });
  return state === "waiting" || state === "running";
}
ready(() => document.querySelectorAll("[data-progress-url]").forEach((box) => {
  if (followed.has(box) || !/waiting|running/.test(box.dataset.state)) return;
  followed.add(box);
  follow(box);
}));
