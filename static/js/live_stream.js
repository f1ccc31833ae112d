// <live-stream data-url data-updated data-stopped>: the page's one event stream, and the words about how fresh it is.
// Hands "metrics" to the charts, swaps the rows of "fleet", tells the page's regions of "state". A hidden tab closes it.
class LiveStream extends HTMLElement {
  connectedCallback() {
    this.seen = () => (document.hidden ? this.close() : this.open());
    this.asked = () => this.hasAttribute("data-query") && (this.close(), this.seen());
    document.addEventListener("visibilitychange", this.seen);
    document.addEventListener("htmx:pushedIntoHistory", this.asked);
    this.clock = setInterval(() => this.say(), 1000);
    this.heard = Date.now();
    this.seen();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.seen);
    document.removeEventListener("htmx:pushedIntoHistory", this.asked);
    clearInterval(this.clock);
    this.close();
  }

  open() {
    if (this.source) return;
    this.source = new EventSource(this.dataset.url + (this.hasAttribute("data-query") ? location.search : ""));
    this.source.onopen = () => this.connected(true);
    this.source.onerror = () => this.broken();
    const hear = (name, act) => this.source.addEventListener(name, (event) => {
      this.heard = Date.now();
      this.connected(true);
      act(event.data);
    });
    hear("metrics", (data) => {
      document.dispatchEvent(new CustomEvent("live:metrics", { detail: JSON.parse(data) }));
    });
    hear("fleet", (data) => this.swap(data));
    hear("state", () => htmx.trigger(document.body, "state"));
  }

  // Rows that are not on the page have no place to go to.
  swap(html) {
    const parts = document.createElement("template");
    parts.innerHTML = html;
    for (const part of [...parts.content.children]) if (!document.getElementById(part.id)) part.remove();
    htmx.swap(this, parts.innerHTML, { swapStyle: "none" });
  }

  close() {
    clearTimeout(this.again);
    this.source?.close();
    this.source = null;
  }

  broken() {
    this.connected(false);
    // The browser tries again by itself unless the answer was no stream: the session ended, or the console is restarting.
    if (this.source.readyState !== EventSource.CLOSED) return;
    this.close();
    this.again = setTimeout(() => this.seen(), 5000);
  }

  connected(yes) {
    this.lost = !yes;
    this.toggleAttribute("data-lost", this.lost);
    this.say();
  }

  say() {
    const seconds = Math.round((Date.now() - this.heard) / 1000);
    this.textContent = (this.lost ? this.dataset.stopped : this.dataset.updated).replace("{n}", seconds);
  }
}
customElements.define("live-stream", LiveStream);
