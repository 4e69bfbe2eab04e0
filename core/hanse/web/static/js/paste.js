// Rows of a spreadsheet, pasted into lines: they fill cells to the right and rows below, and new rows where there are none.
// A first row that names columns says where each belongs. Records are found by code or name; what is not found stays, marked.
import { resolve } from "./combobox.js";
import { announce, on, visible, word } from "./dom.js";
import { addRow, CELL, cell, headsOf, inputOf, rowsOf, settle } from "./lines.js";

/** The cells of what a spreadsheet puts on the clipboard; one in quotes may hold line ends and tabs. */
export function cellsOf(text) {
  const rows = [[""]];
  let quoted = false;
  const plain = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "");
  for (let at = 0; at < plain.length; at += 1) {
    const char = plain[at];
    const row = rows.at(-1);
    if (quoted && char === '"' && plain[at + 1] === '"') { row[row.length - 1] += '"'; at += 1; }
    else if (quoted && char === '"') quoted = false;
    else if (!quoted && char === '"' && row.at(-1) === "") quoted = true;
    else if (!quoted && char === "\t") row.push("");
    else if (!quoted && char === "\n") rows.push([""]);
    else row[row.length - 1] += char;
  }
  return rows.map((row) => row.map((one) => one.trim()));
}

const editable = (lines) => headsOf(lines, "data-column").filter(visible).map((head) => head.dataset.column)
  .filter((column) => rowsOf(lines).some((row) => inputOf(row, column)));

/** The column of each pasted cell: by its heading where all of them are known, else from the cell that has the focus. */
function places(lines, rows, from) {
  const heads = new Map(headsOf(lines, "data-column").map((head) => [head.textContent.trim().toLowerCase(), head.dataset.column]));
  const named = rows[0].map((text) => heads.get(text.toLowerCase()));
  if (rows.length > 1 && named.length > 1 && named.every(Boolean)) return [named, rows.slice(1)];
  const columns = editable(lines);
  return [columns.slice(Math.max(0, columns.indexOf(from))), rows];
}

async function put(row, column, text) {
  const input = inputOf(row, column);
  if (!input || !text) return true;
  if (cell(row, column).hasAttribute("data-optional")) row.closest("[data-lines]").setAttribute("data-optional-shown", "");
  if (input.matches("[data-combobox]")) return input.readOnly || resolve(input, text);
  if (input.readOnly || input.disabled) return true;
  if (input.matches("select")) {
    const option = [...input.options].find((one) => one.text.trim() === text || one.value === text);
    if (option) input.value = option.value;
    return Boolean(option);
  }
  input.value = input.matches("[data-amount]") ? text.replace(/[¥￥$€£]/g, "") : text;
  input.dispatchEvent(new Event("focusout", { bubbles: true }));
  return input.getAttribute("aria-invalid") !== "true";
}

on("paste", `[data-lines] tr[data-line] :is(${CELL})`, async (event, input) => {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!/[\t\n]/.test(text.trim()) || input.matches("textarea")) return;
  event.preventDefault();
  const lines = input.closest("[data-lines]");
  const [columns, rows] = places(lines, cellsOf(text), input.closest("td").dataset.column);
  let row = input.closest("tr");
  let failed = 0;
  for (const [at, values] of rows.entries()) {
    if (at) row = row.nextElementSibling?.closest("tr[data-line]") ?? addRow(lines, row);
    for (const [place, value] of values.entries()) {
      if (columns[place] && !(await put(row, columns[place], value))) failed += 1;
    }
  }
  settle(lines);
  announce(word(failed ? "pastedPartly" : "pasted", { n: rows.length, failed }));
});
