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
      this.say(data);
    });
    this.source.onerror = () => {
      this.close();
      this.say(this.dataset.stopped);
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
    const more = Math.max(0, lines.length - FileTail.MOST);
    if (leftOut + more > 0) this.say(this.dataset.leftOut.replace("{n}", leftOut + more));
    const kept = lines.slice(more);
    const batch = document.createElement("span");
    batch.textContent = `${kept.join("\n")}\n`;
    batch.count = kept.length;
    this.log.append(batch);
    let count = 0;
    for (const part of [...this.log.children].reverse()) {
      if (count > FileTail.MOST) part.remove();
      else count += part.count;
    }
    if (atEnd) this.log.scrollTop = this.log.scrollHeight;
  }

  say(words) {
    const mark = document.createElement("i");
    mark.textContent = `— ${words} —\n`;
    mark.count = 0;
    this.log.append(mark);
  }
}
customElements.define("file-tail", FileTail);
