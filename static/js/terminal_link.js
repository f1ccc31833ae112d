// The line between a page and a terminal: output comes, what is typed goes, and what was shown is told, so that no more comes than can be shown.
// Lost, it is made anew with another ticket, from the place that was reached: the terminal itself goes on meanwhile, unless hannun restarts (1012).
class TerminalLink {
  static PAUSES = [300, 1000, 2000, 5000];
  static TELL = 65536; // what was shown is told so often, bytes

  // `view` has show(bytes, then), state(word, why), over(words, code).
  constructor(url, view) {
    [this.url, this.view] = [url, view];
    [this.place, this.shown, this.told, this.oldUntil, this.tries] = [0, 0, 0, 0, 0];
  }

  async open(ticket) {
    if (this.isOver) return;
    this.view.state("connecting");
    try {
      const found = ticket ? { ticket } : await terminalRequests.ticket(this.url);
      if (found.ended !== undefined) this.end(found.ended, found.code ?? 4000);
      else this.connect(found);
    } catch {
      this.later();
    }
  }

  connect({ ticket, elsewhere }) {
    this.why = elsewhere;
    const url = new URL(`${this.url}/socket`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.search = new URLSearchParams({ ticket, from: this.place });
    const socket = (this.socket = Object.assign(new WebSocket(url), { binaryType: "arraybuffer" }));
    socket.onmessage = ({ data }) => (typeof data === "string" ? this.hear(JSON.parse(data)) : this.take(data));
    socket.onclose = ({ code, reason }) => {
      if (socket !== this.socket || this.isOver) return;
      if (code >= 4000) this.end("", code);
      else this.later(reason);
    };
  }

  later(why) {
    this.view.state("lost", (this.why = why || this.why));
    this.again = setTimeout(() => this.open(), TerminalLink.PAUSES[Math.min(this.tries++, 3)]);
  }

  hear({ begins, oldUntil, ended }) {
    if (ended !== undefined) return this.end(ended, 4000);
    [this.tries, this.why] = [0, ""];
    [this.place, this.shown, this.told, this.oldUntil] = [begins, begins, begins, oldUntil];
    this.view.state("open");
  }

  take(data) {
    this.place += data.byteLength;
    const [upTo, socket] = [this.place, this.socket];
    this.view.show(new Uint8Array(data), () => {
      if (socket !== this.socket) return;
      this.shown = upTo;
      if (this.shown - this.told >= TerminalLink.TELL) this.send(JSON.stringify({ taken: (this.told = this.shown) }));
    });
  }

  // While what was shown before is shown again, nothing is typed: the questions in it were answered then.
  type(bytes) {
    if (this.shown >= this.oldUntil) for (let at = 0; at < bytes.length; at += 16384) this.send(bytes.slice(at, at + 16384));
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(message);
  }

  end(words, code) {
    this.isOver = true;
    this.view.over(words, code);
  }

  close() {
    this.isOver = true;
    clearTimeout(this.again);
    this.socket?.close();
  }
}
