// <chart-board>: the charts of a page. Dragging over one asks the server for that span, for all of them, in finer points.
class ChartBoard extends HTMLElement {
  connectedCallback() {
    this.addEventListener("chart:zoom", this.zoom);
    this.addEventListener("htmx:beforeRequest", this.keep);
  }

  disconnectedCallback() {
    this.removeEventListener("chart:zoom", this.zoom);
    this.removeEventListener("htmx:beforeRequest", this.keep);
  }

  // A table that somebody reads is not closed by the clock.
  keep(event) {
    const byClock = event.target === this && !this.zooming && !event.detail.requestConfig.triggeringEvent;
    if (byClock && this.querySelector("details[open]")) event.preventDefault();
  }

  zoom(event) {
    this.zooming = true;
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
