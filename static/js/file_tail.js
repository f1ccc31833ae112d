// <file-tail data-url data-after data-left-out data-stopped>: the lines of a followed log as they come, the last two to four thousand. What the server or
// this page left out is said where it is missing. A hidden tab closes the stream; opened again, it goes on behind the last line whose place it knows, or begins anew.
class FileTail extends HTMLElement {
  static MOST = 2000;
  static RETRY = 3000;

  connectedCallback() {
    const { signal } = this.life = new AbortController();
    this.follow = () => (document.hidden ? this.close() : this.open());
    document.addEventListener("visibilitychange", this.follow, { signal });
    signal.addEventListener("abort", () => this.close());
    this.follow();
  }

  disconnectedCallback() {
    this.life.abort();
  }

  open() {
    if (this.source) return;
    this.log = this.querySelector(".log");
    this.last ??= this.dataset.after;
    if (!this.last) this.log.replaceChildren();
    const after = this.last ? `&after=${encodeURIComponent(this.last)}` : "";
    this.source = new EventSource(this.dataset.url + after);
    this.source.addEventListener("lines", ({ data, lastEventId }) => {
      this.last = lastEventId || this.last;
      this.add(JSON.parse(data));
    });
    this.source.addEventListener("end", ({ data }) => this.close(data));
    this.source.onerror = () => {
      this.close(this.dataset.stopped);
      this.again = setTimeout(this.follow, FileTail.RETRY);
    };
    this.log.scrollTop = this.log.scrollHeight;
  }

  close(words) {
    clearTimeout(this.again);
    this.source?.close();
    this.source = null;
    if (words) this.log.append(this.mark(words));
  }

  // One text node per batch; whoever has scrolled up stays where they are.
  add({ leftOut, lines }) {
    const atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 40;
    const kept = lines.slice(-FileTail.MOST);
    const gone = leftOut + lines.length - kept.length;
    if (gone > 0) this.log.append(this.gap(gone));
    this.log.append(this.part("span", `${kept.join("\n")}\n`, kept.length));
    this.forget();
    if (atEnd) this.log.scrollTop = this.log.scrollHeight;
  }

  // What scrolls away at the beginning is missing as well as what never came: the first line says how much.
  forget() {
    let [shown, gone] = [0, 0];
    for (const part of [...this.log.children].reverse()) {
      if (shown > FileTail.MOST) {
        gone += part.gone ?? part.count;
        part.remove();
      } else shown += part.count;
    }
    if (gone > 0) this.log.prepend(this.gap(gone));
  }

  gap(gone) {
    return Object.assign(this.mark(this.dataset.leftOut.replace("{n}", gone)), { gone });
  }

  mark(words) {
    return this.part("i", `— ${words} —\n`, 0);
  }

  part(tag, textContent, count) {
    return Object.assign(document.createElement(tag), { textContent, count });
  }
}
customElements.define("file-tail", FileTail);
