// Draws a pivot by ECharts. On canvas, tooltip included, since the page allows no inline style; colours are our tokens.
import { ready } from "./dom.js";

let place = null;
let told = null;
const probe = document.createElement("span");
const compact = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", maximumFractionDigits: 1 });
const PALETTE = ["--accent", "--ok", "--warn", "--bad", "--info", "--line-3"];
let chart = null;

// The tokens are light-dark() pairs; only a drawn element says which of the two holds.
function colour(name) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

function colours() {
  probe.hidden = true;
  document.body.append(probe);
  const found = { text: colour("--text"), muted: colour("--muted"), line: colour("--line-2"), raised: colour("--raised"), ink: colour("--accent-ink"), series: PALETTE.map(colour) };
  probe.remove();
  return found;
}

const data = (one) => one.points.map(({ value, text, url }) => ({ value, text, url }));

function pies(look) {
  const only = told.series[0] ?? { name: "", points: [] };
  const parts = told.categories.map((name, at) => ({ name, ...only.points[at] })).filter(({ value }) => value > 0);
  return { series: [{ type: "pie", radius: ["38%", "68%"], name: only.name, data: parts, center: ["50%", "44%"], label: { position: "inside", color: look.ink, formatter: ({ percent }) => (percent < 4 ? "" : `${Math.round(percent)} %`) }, itemStyle: { borderColor: look.raised, borderWidth: 1 } }] };
}

function bars(look) {
  const axis = { axisLine: { lineStyle: { color: look.line } }, axisTick: { show: false }, axisLabel: { color: look.muted } };
  return {
    grid: { left: 8, right: 16, top: told.series.length > 1 ? 40 : 16, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: { type: "category", data: told.categories, ...axis, axisLabel: { color: look.muted, hideOverlap: true, width: 120, overflow: "truncate" } },
    yAxis: { type: "value", ...axis, axisLabel: { color: look.muted, formatter: (value) => compact.format(value) }, splitLine: { lineStyle: { color: look.line, opacity: 0.5 } } },
    series: told.series.map((one) => ({
      type: told.kind === "line" ? "line" : "bar",
      name: one.name,
      data: data(one),
      stack: told.kind === "stacked" ? "all" : undefined,
      barMaxWidth: 44,
      symbolSize: 7,
    })),
  };
}

function draw() {
  const look = colours();
  const options = told.kind === "pie" ? pies(look) : bars(look);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  chart?.dispose();
  chart = window.echarts.init(place, null, { renderer: "canvas" });
  chart.setOption({
    animation: !still,
    animationDuration: 250,
    color: look.series,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: look.text },
    legend: { show: told.kind === "pie" || told.series.length > 1, type: "scroll", [told.kind === "pie" ? "bottom" : "top"]: 0, textStyle: { color: look.text }, pageTextStyle: { color: look.muted } },
    tooltip: { renderMode: "richText", confine: true, backgroundColor: look.raised, borderColor: look.line, textStyle: { color: look.text }, formatter: ({ seriesName, name, data: point }) => `${name}\n${seriesName}: ${point.text}` },
    ...options,
  });
  chart.on("click", ({ data: point }) => { if (point?.url) location.assign(new URL(point.url, document.baseURI)); });
}

// A search brings another chart in the place of this one, or none.
const sizes = new ResizeObserver(() => chart?.resize());
ready(() => {
  const found = document.querySelector("[data-chart]");
  if (found === place) return;
  sizes.disconnect();
  place = found;
  if (!place) return;
  told = JSON.parse(place.dataset.chart);
  draw();
  sizes.observe(place);
});
const again = () => { if (place) draw(); };
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
