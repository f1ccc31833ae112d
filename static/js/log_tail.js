// A log that stays at its end while it grows, unless somebody scrolled up to read. Works again after each swap.
class LogTail extends HTMLElement {
  static left = new Map(); // where a log of this page was left, by its label

  connectedCallback() {
    const key = this.getAttribute("aria-label");
    const before = LogTail.left.get(key);
    this.scrollTop = before === undefined ? this.scrollHeight : before;
    this.listener = () => {
      const atEnd = this.scrollHeight - this.scrollTop - this.clientHeight < 24;
      if (atEnd) LogTail.left.delete(key);
      else LogTail.left.set(key, this.scrollTop);
    };
    this.addEventListener("scroll", this.listener);
  }

  disconnectedCallback() {
    this.removeEventListener("scroll", this.listener);
  }
}
customElements.define("log-tail", LogTail);
