// Grouped lists: htmx brings what a group holds behind its heading; closing it takes that away again.
import { on } from "./dom.js";

const level = (body) => Number(body.dataset.level ?? 0);

function close(head, link) {
  while (head.nextElementSibling?.dataset.level && level(head.nextElementSibling) > level(head)) head.nextElementSibling.remove();
  link.setAttribute("aria-expanded", "false");
}

// Before htmx hears of it: an open group closes and asks nothing.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-group]");
  if (!link || event.ctrlKey || event.metaKey) return;
  if (link.getAttribute("aria-expanded") === "false") return link.setAttribute("aria-expanded", "true");
  event.preventDefault();
  event.stopImmediatePropagation();
  close(link.closest("tbody"), link);
}, true);

on("keydown", "[data-group]", (event, link) => {
  const opened = link.getAttribute("aria-expanded") === "true";
  if (event.key === " " || (event.key === "ArrowRight" && !opened) || (event.key === "ArrowLeft" && opened)) {
    event.preventDefault();
    link.click();
  }
});
