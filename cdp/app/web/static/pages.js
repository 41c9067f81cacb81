// The little that the pages do in the browser: charts, one open explanation at a time, and a sign that something loads.
"use strict";

// <x-chart option='…ECharts option as JSON…' unit="money|count|percent">. Strings such as "--bar" are the page's
// colours. The chart lives in a shadow root, so a morphing refresh keeps it and only hands over the new option.
class Chart extends HTMLElement {
  static observedAttributes = ["option", "unit"];
  drawn = 0;
  #chart = null;
  #watchers = [];

  connectedCallback() {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.innerHTML = '<div style="width:100%;height:100%"></div>';
    this.#chart = echarts.init(root.firstElementChild, null, { renderer: "svg", locale: document.documentElement.lang.startsWith("zh") ? "ZH" : "EN" });
    const size = new ResizeObserver(() => this.#chart?.resize());
    size.observe(this);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => this.draw();
    scheme.addEventListener("change", redraw);
    this.#watchers = [() => size.disconnect(), () => scheme.removeEventListener("change", redraw)];
    this.draw();
  }

  disconnectedCallback() {
    this.#watchers.forEach((stop) => stop());
    this.#chart?.dispose();
    this.#chart = null;
  }

  attributeChangedCallback() {
    this.draw();
  }

  draw() {
    if (!this.#chart) return;
    const style = getComputedStyle(this);
    const option = JSON.parse(this.getAttribute("option"), (_, value) =>
      typeof value === "string" && value.startsWith("--") ? style.getPropertyValue(value).trim() : value);
    const unit = this.getAttribute("unit");
    const show = (value) => format(value, unit);
    for (const axis of [option.yAxis ?? []].flat()) axis.axisLabel = { ...axis.axisLabel, formatter: show };
    option.tooltip = { ...option.tooltip, valueFormatter: show };
    this.#chart.setOption(option, true);
    this.drawn += 1;
  }
}

const SCALES = { zh: [[1e8, 1e8, "亿"], [1e4, 1e4, "万"]], en: [[1e6, 1e6, "M"], [1e4, 1e3, "k"]] };

function format(value, unit) {
  if (value === null || value === undefined || value === "-") return "—";
  if (unit === "percent") return `${(value * 100).toFixed(1)}%`;
  const scale = SCALES[document.documentElement.lang.slice(0, 2)].find(([least]) => Math.abs(value) >= least);
  const text = scale ? `${Number((value / scale[1]).toFixed(2))}${scale[2]}` : Number(value.toFixed(2)).toLocaleString("en");
  return unit === "money" ? `¥${text}` : text;
}

if (window.echarts) customElements.define("x-chart", Chart);

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.about[open]")) if (!open.contains(event.target)) open.open = false;
});

const busy = (on) => document.querySelector(".busy")?.classList.toggle("on", on);
document.addEventListener("htmx:before:request", () => busy(true));
document.addEventListener("htmx:finally:request", () => busy(false));
window.addEventListener("beforeunload", () => busy(true));
window.addEventListener("pageshow", () => busy(false));
