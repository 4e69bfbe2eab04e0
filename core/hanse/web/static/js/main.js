// The behaviour of every page: each module listens on the document, so what htmx brings in later works as well.
import "./shell.js";
import "./keyboard.js";
import "./palette.js";
import "./combobox.js";
import "./lines.js";
import "./paste.js";
import "./list.js";
import "./groups.js";
import "./board.js";
import "./form.js";
import "./upload.js";
import "./work.js";
