// Forms: nothing typed is lost by accident, sent once, the first wrong field gets the focus; tabs and dropped files.
import { on, ready, word } from "./dom.js";

const dirty = () => document.querySelector("form[data-form][data-dirty]");
let leaving = false;

function touch(form) {
  form.setAttribute("data-dirty", "");
  const text = document.querySelector("[data-saved]");
  if (text) text.textContent = word("unsaved");
}

const own = (element) => element.form ?? element.closest("form");
on("input change", "form[data-form] *, [form]", (event) => {
  const form = own(event.target);
  if (!form?.matches("[data-form]:not([data-readonly])") || event.target.closest("[data-not-dirty]")) return;
  if (event.isTrusted || event.target.matches("[data-lines], [data-combo-value], [data-upload-value]")) touch(form);
});
addEventListener("beforeunload", (event) => { if (dirty() && !leaving) event.preventDefault(); });

// Sent once: a second press while the answer is on its way does nothing. A download leaves the page as it is.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.matches("[hx-get], [hx-post]")) return;
  if (form.hasAttribute("data-sent")) return event.preventDefault();
  const button = event.submitter;
  form.setAttribute("data-sent", "");
  button?.setAttribute("aria-busy", "true");
  if (form.matches("[data-form]")) leaving = true;
  const text = form.matches("[data-form]") && document.querySelector("[data-saved]");
  if (text) text.textContent = word("saving");
  if (button?.hasAttribute("data-download")) setTimeout(() => rest(form), 3000);
});
function rest(form) {
  form.removeAttribute("data-sent");
  document.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  leaving = false;
}
addEventListener("pageshow", (event) => { if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(rest); });

// Tabs
function choose(tab, focus = true) {
  for (const other of tab.parentElement.querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", chosen);
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (focus) tab.focus();
}
on("click", "[role=tab]", (event, tab) => choose(tab));
on("keydown", "[role=tab]", (event, tab) => {
  const all = [...tab.parentElement.querySelectorAll("[role=tab]")];
  const at = all.indexOf(tab);
  const next = { ArrowRight: at + 1, ArrowLeft: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  choose(all[next % all.length]);
});

/** Focus a field wherever it is; its tab is opened. */
function reveal(field) {
  const panel = field.closest("[role=tabpanel][hidden]");
  if (panel) choose(document.getElementById(panel.getAttribute("aria-labelledby")), false);
  field.focus();
  field.scrollIntoView({ block: "center" });
}
on("click", "[data-errors] a", (event, link) => {
  const field = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!field) return;
  event.preventDefault();
  reveal(field);
});

const seen = new WeakSet();
ready(() => {
  for (const summary of document.querySelectorAll("[data-errors]")) {
    if (seen.has(summary)) continue;
    seen.add(summary);
    const link = summary.querySelector("a");
    const field = (link && document.getElementById(decodeURIComponent(link.hash.slice(1)))) ?? document.querySelector("form[data-form] [aria-invalid=true]");
    field ? reveal(field) : summary.focus();
  }
  document.querySelectorAll("dialog[data-open]:not([open])").forEach((dialog) => {
    dialog.removeAttribute("data-open");
    dialog.showModal();
  });
});

// Files dropped or chosen go at once.
on("dragover dragenter", "[data-drop]", (event, form) => { event.preventDefault(); form.querySelector(".hz-drop").toggleAttribute("data-over", true); });
on("dragleave drop", "[data-drop]", (event, form) => form.querySelector(".hz-drop").removeAttribute("data-over"));
on("drop", "[data-drop]", (event, form) => {
  event.preventDefault();
  const input = form.querySelector("input[type=file]");
  input.files = event.dataTransfer.files;
  send(form, input);
});
on("change", "[data-drop] input[type=file]", (event, input) => send(input.form, input));
function send(form, input) {
  if (!input.files.length) return;
  form.querySelector(".hz-drop > span").textContent = word("uploading");
  form.requestSubmit();
}

// A picture or PDF is looked at where one is; with a key held, and a PDF on a phone, the link opens a page of its own.
on("click", "a[data-look]", (event, link) => {
  const pdf = link.dataset.look === "application/pdf";
  if (event.ctrlKey || event.metaKey || event.shiftKey || (pdf && matchMedia("(pointer: coarse)").matches)) return;
  event.preventDefault();
  const viewer = document.createElement("dialog");
  viewer.className = "hz-viewer";
  viewer.setAttribute("aria-label", link.dataset.name);
  const head = document.createElement("div");
  head.className = "hz-dialog__head";
  const title = document.createElement("h2");
  title.textContent = link.dataset.name;
  const close = document.createElement("button");
  close.className = "hz-btn";
  close.textContent = word("close");
  close.addEventListener("click", () => viewer.close());
  head.append(title, close);
  const shown = document.createElement(pdf ? "iframe" : "img");
  shown.src = link.href;
  shown[pdf ? "title" : "alt"] = link.dataset.name;
  viewer.append(head, shown);
  viewer.addEventListener("click", (click) => { if (click.target === viewer) viewer.close(); });
  viewer.addEventListener("close", () => { viewer.remove(); link.focus(); });
  document.body.append(viewer);
  viewer.showModal();
});
