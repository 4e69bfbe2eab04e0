// Files in fields: sent as soon as they are chosen or dropped, so that they are judged, shown and safe before the form is saved.
// Where that fails, the file stays in its control and goes with the form.
import { icon, make, on, word } from "./dom.js";

const box = (element) => element.closest("[data-upload]");
const part = (upload, name) => upload.querySelector(`[data-upload-${name}]`);

function say(upload, text, bad = false) {
  const place = part(upload, "said");
  place.textContent = text;
  place.classList.toggle("hz-text-bad", bad);
}

/** Tell the form and the lines around that the value is another. */
function hold(upload, value) {
  const input = part(upload, "value");
  input.value = value;
  upload.toggleAttribute("data-filled", Boolean(value));
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

/** The same as the macro `stored` draws. */
function show(upload, file) {
  let look = make("span", "hz-stored__look");
  if (file.view_url) {
    look = make("a", "hz-stored__look");
    Object.assign(look, { href: file.view_url, target: "_blank", rel: "noopener", ariaLabel: file.name });
    Object.assign(look.dataset, { look: file.media_type, name: file.name });
  }
  if (file.small_url) {
    const small = make("img");
    Object.assign(small, { src: file.small_url, alt: "", width: 48, height: 48 });
    look.append(small);
  } else look.append(icon(file.icon, "hz-icon--l"));
  const name = make("a", "hz-stored__name");
  Object.assign(name, { href: file.url, download: "" });
  name.append(make("span", "", file.name), " ", make("small", "", file.size));
  part(upload, "shown").replaceChildren(look, " ", name);
}

const latest = new WeakMap();

async function send(upload, file, input) {
  const turn = {};
  latest.set(upload, turn);
  const body = new FormData();
  body.set("file", file);
  body.set("csrf_token", document.querySelector("[name=csrf_token]").value);
  upload.setAttribute("aria-busy", "true");
  say(upload, word("uploading"));
  try {
    const answer = await fetch(upload.dataset.upload, { method: "POST", body, credentials: "same-origin", headers: { Accept: "application/json" } });
    const said = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : {};
    if (latest.get(upload) !== turn) return;
    if (answer.ok) {
      show(upload, said);
      hold(upload, said.value);
      say(upload, "");
    } else say(upload, said.message ?? word("failed"), true);
    if (input && (answer.ok || said.message)) input.value = "";
  } catch {
    if (latest.get(upload) === turn) say(upload, word("offline"), true);
  } finally {
    if (latest.get(upload) === turn) upload.removeAttribute("aria-busy");
  }
}

on("change", "[data-upload] input[type=file]", (event, input) => {
  if (input.files.length) send(box(input), input.files[0], input);
});
on("dragover dragenter", "[data-upload]", (event, upload) => { event.preventDefault(); upload.toggleAttribute("data-over", true); });
on("dragleave drop", "[data-upload]", (event, upload) => upload.removeAttribute("data-over"));
on("drop", "[data-upload]", (event, upload) => {
  event.preventDefault();
  const file = event.dataTransfer.files[0];
  if (!file) return;
  const input = upload.querySelector("input[type=file]");
  const one = new DataTransfer();
  one.items.add(file);
  input.files = one.files;
  send(upload, file, input);
});
on("click", "[data-upload-remove]", (event, button) => {
  const upload = box(button);
  latest.delete(upload);
  upload.removeAttribute("aria-busy");
  upload.querySelectorAll("input[type=file]").forEach((input) => { input.value = ""; });
  part(upload, "shown").replaceChildren();
  hold(upload, "");
  say(upload, "");
  upload.querySelector("input[type=file]").focus();
});
