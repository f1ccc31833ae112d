// <time-chart data-chart="{…}">: takes over the server's drawing with uPlot; adds what arrives, zooms, reads a moment.
class TimeChart extends HTMLElement {
  connectedCallback() {
    if (!window.uPlot || this.plot) return;
    this.spec = JSON.parse(this.dataset.chart);
    this.figure = this.closest("figure");
    this.box = this.querySelector(".plot");
    this.drawing = this.box.querySelector("svg");
    this.height = this.drawing.clientHeight;
    this.data = chartData.start(this.spec);
    this.plot = new uPlot(chartOptions(this), this.data.series(), (plot, ready) => {
      this.drawing.replaceWith(plot.root);
      ready();
    });
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.box);
    this.redraw = () => this.plot.redraw();
    this.add = (event) => this.follow(event.detail);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.redraw);
    this.theme = new MutationObserver(this.redraw);
    this.theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    if (this.spec.live) document.addEventListener("live:metrics", this.add);
    this.show();
  }

  disconnectedCallback() {
    if (!this.plot) return;
    document.removeEventListener("live:metrics", this.add);
    matchMedia("(prefers-color-scheme: dark)").removeEventListener("change", this.redraw);
    this.theme.disconnect();
    this.sizes.disconnect();
    this.plot.destroy();
    this.plot = null;
  }

  resize() {
    const width = this.box.querySelector(".x").clientWidth;
    if (width > 0) this.plot.setSize({ width, height: this.height });
  }

  follow(sample) {
    if (!this.data.add(sample)) return;
    this.plot.setData(this.data.series(), true);
    this.show();
  }

  // Scale, moments and caption.
  show() {
    const { unit, zone } = this.spec;
    const fill = (selector, texts) => this.box.querySelectorAll(selector).forEach((span, index) => {
      span.textContent = texts[index];
    });
    fill(".y span", chartTools.labels(unit, this.data.top));
    fill(".x span", chartTools.moments(this.data.from, this.data.to, zone));
    if (!this.data.heard) return;
    const value = this.data.headline();
    const number = this.figure.querySelector("[data-number]");
    if (number && value != null) {
      const [text, name] = chartTools.split(unit, value);
      number.textContent = text;
      this.figure.querySelector("[data-unit]").textContent = name;
    }
    if (this.plot.cursor.idx == null) this.read(null);
  }

  // The legend at one moment; the last one where there is no cursor.
  read(index, at) {
    if (at !== undefined) this.dispatchEvent(new CustomEvent("chart:moment", { bubbles: true, detail: { at } }));
    this.figure.querySelectorAll("[data-line]").forEach((span) => {
      const value = this.data.at(Number(span.dataset.line), index);
      span.textContent = value == null ? "" : chartTools.beside(this.spec.unit, this.data.top, value);
    });
  }

  zoom(from, to) {
    this.dispatchEvent(new CustomEvent("chart:zoom", { bubbles: true, detail: { from, to } }));
  }
}
customElements.define("time-chart", TimeChart);
