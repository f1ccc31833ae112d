// <file-tail data-url data-left-out data-stopped>: the lines of a followed file as they come, the last two to four thousand of them. What the server or
// this page left out is said where it is missing. A hidden tab closes the stream; opened again, it begins with the last lines anew.
class FileTail extends HTMLElement {
  static MOST = 2000;
  static RETRY = 3000;

  connectedCallback() {
    const { signal } = this.life = new AbortController();
    const follow = () => (document.hidden ? this.close() : this.open());
    document.addEventListener("visibilitychange", follow, { signal });
    signal.addEventListener("abort", () => this.close());
    this.follow = follow;
    follow();
  }

  disconnectedCallback() {
    this.life.abort();
  }

  open() {
    if (this.source) return;
    this.log = this.querySelector(".log");
    this.log.replaceChildren();
    this.source = new EventSource(this.dataset.url);
    this.source.addEventListener("lines", ({ data }) => this.add(JSON.parse(data)));
    this.source.addEventListener("end", ({ data }) => {
      this.close();
      this.log.append(this.mark(data));
    });
    this.source.onerror = () => {
      this.close();
      this.log.append(this.mark(this.dataset.stopped));
      this.again = setTimeout(this.follow, FileTail.RETRY);
    };
  }

  close() {
    clearTimeout(this.again);
    this.source?.close();
    this.source = null;
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
