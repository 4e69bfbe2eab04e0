// Swagger UI, told where the description lies. Nothing can be tried from here: a page that acts needs a form of ours.
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

function shade() {
  const chosen = root.dataset.theme;
  root.classList.toggle("dark-mode", chosen ? chosen === "dark" : dark.matches);
}

shade();
dark.addEventListener("change", shade);
new MutationObserver(shade).observe(root, { attributeFilter: ["data-theme"] });

const place = document.getElementById("hz-api");

// Swagger UI reads what lies at an address as YAML, and resolves the whole of a description that says 3.1 before it draws
// anything: seven seconds together. As 3.0 it resolves what somebody opens, and draws our schemas alike.
async function draw() {
  const answer = await fetch(place.dataset.url);
  if (!answer.ok) throw new Error(`${answer.status}`);
  window.SwaggerUIBundle({
    spec: { ...(await answer.json()), openapi: "3.0.3" },
    domNode: place,
    supportedSubmitMethods: [],
    validatorUrl: null,
    docExpansion: "none",
    defaultModelsExpandDepth: -1,
    filter: true,
  });
}

draw().catch(() => { place.textContent = place.dataset.failed; });
