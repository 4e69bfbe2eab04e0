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
window.SwaggerUIBundle({
  url: place.dataset.url,
  domNode: place,
  supportedSubmitMethods: [],
  validatorUrl: null,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  filter: true,
  tryItOutEnabled: false,
});
