// <moment-reader data-url="/servers/x/cpu">: while the cursor rests on a chart, its region shows what was at that moment.
class MomentReader extends HTMLElement {
  connectedCallback() {
    this.read = (event) => this.rest(event.detail.at);
    document.addEventListener("chart:moment", this.read);
  }

  disconnectedCallback() {
    document.removeEventListener("chart:moment", this.read);
    clearTimeout(this.timer);
  }

  // One question when the cursor stays where it is; a while after it left, back to what the page's own address says.
  rest(at) {
    if (at == null && !this.away) return clearTimeout(this.timer);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(at), at == null ? 1000 : 250);
  }

  ask(at) {
    this.away = at != null;
    const url = new URL(location.href);
    if (this.away) url.searchParams.set("at", new Date(Math.round(at) * 1000).toISOString().replace(/\.\d+/, ""));
    const region = this.firstElementChild;
    htmx.ajax("GET", url.pathname + url.search, { source: region, target: region, swap: "outerHTML" });
  }
}
customElements.define("moment-reader", MomentReader);
