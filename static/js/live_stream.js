// <live-stream data-url data-updated data-stopped>: the page's one event stream, and the words about how fresh it is.
// Hands "metrics" to the charts, swaps the rows of "fleet", tells regions of "level". A hidden tab closes it.
class LiveStream extends HTMLElement {
  static RETRY = 3000;
  static MISSED = 5000; // a longer silence leaves a hole in what the page shows

  connectedCallback() {
    const { signal } = this.life = new AbortController();
    const follow = () => (document.hidden ? this.close() : this.open());
    const asked = () => this.hasAttribute("data-query") && (this.close(), follow());
    document.addEventListener("visibilitychange", follow, { signal });
    document.addEventListener("htmx:pushedIntoHistory", asked, { signal });
    const clock = setInterval(() => this.say(), 1000);
    signal.addEventListener("abort", () => (clearInterval(clock), this.close()));
    [this.follow, this.heard, this.shown] = [follow, Date.now(), this.dataset.shown];
    follow();
  }

  disconnectedCallback() {
    this.life.abort();
  }

  address() {
    const url = new URL(this.dataset.url, location.href);
    if (this.hasAttribute("data-query")) url.search = location.search;
    if (this.shown) url.searchParams.set("shown", this.shown);
    if (this.opened) url.searchParams.set("again", "true");
    return url;
  }

  open() {
    if (this.source) return;
    this.source = new EventSource(this.address());
    this.source.onerror = () => {
      this.close();
      this.setAttribute("data-lost", "");
      this.again = setTimeout(this.follow, LiveStream.RETRY);
    };
    const hear = (name, act) => this.source.addEventListener(name, (event) => {
      if (this.opened && Date.now() - this.heard > LiveStream.MISSED) htmx.trigger(document.body, "missed");
      [this.heard, this.opened] = [Date.now(), true];
      this.removeAttribute("data-lost");
      this.say();
      act(event.data);
    });
    hear("alive", () => {});
    hear("fleet", (data) => this.swap(data));
    hear("level", (data) => this.level(JSON.parse(data)));
    hear("metrics", (data) => {
      document.dispatchEvent(new CustomEvent("live:metrics", { detail: JSON.parse(data) }));
    });
  }

  close() {
    clearTimeout(this.again);
    this.source?.close();
    this.source = null;
  }

  // Rows that are not on the page have no place to go to.
  swap(html) {
    const parts = document.createElement("template");
    parts.innerHTML = html;
    for (const part of [...parts.content.children]) if (!document.getElementById(part.id)) part.remove();
    htmx.swap(this, parts.innerHTML, { swapStyle: "none" });
  }

  level({ dot, word, otherPage }) {
    this.shown = dot;
    document.querySelectorAll("[data-level-dot]").forEach((sign) => (sign.dataset.state = dot));
    document.querySelectorAll("[data-level-word]").forEach((sign) => (sign.textContent = word));
    htmx.trigger(document.body, otherPage ? "other-page" : "level");
  }

  say() {
    const seconds = Math.round((Date.now() - this.heard) / 1000);
    this.textContent = (this.hasAttribute("data-lost") ? this.dataset.stopped : this.dataset.updated).replace("{n}", seconds);
  }
}
customElements.define("live-stream", LiveStream);
