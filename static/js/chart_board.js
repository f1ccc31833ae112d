// <chart-board>: the charts of a page. Dragging over one asks the server for that span, for all of them, in finer points.
class ChartBoard extends HTMLElement {
  connectedCallback() {
    this.addEventListener("chart:zoom", this.zoom);
  }

  disconnectedCallback() {
    this.removeEventListener("chart:zoom", this.zoom);
  }

  zoom(event) {
    const { from, to } = event.detail;
    const url = new URL(location.href);
    const text = (seconds) => new Date(Math.round(seconds) * 1000).toISOString().replace(/\.\d+/, "");
    url.searchParams.delete("range");
    url.searchParams.set("from", text(from));
    url.searchParams.set("to", text(Math.max(to, from + 60)));
    const path = url.pathname + url.search;
    htmx.ajax("GET", path, { source: this, target: this, swap: "outerHTML", push: path });
  }
}
customElements.define("chart-board", ChartBoard);
