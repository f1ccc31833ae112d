// <terminal-replay data-url data-pieces>: a recording, played in its own time. It begins with its first piece, while the others come; going back begins anew.
class TerminalReplay extends HTMLElement {
  static LONGEST = 1000; // a pause that is skipped takes so long, ms

  async connectedCallback() {
    this.the = (css) => this.querySelector(css);
    this.term = terminalOf(this, { disableStdin: true, fontSize: 13, linkHandler: { activate() {} } });
    this.term.open(this.the("[data-screen]"));
    [this.moments, this.piece, this.at, this.now] = [[], 0, 0, 0];
    this.the("[data-act=play]").onclick = () => this.toggle();
    this.the("input[type=range]").oninput = ({ target }) => this.seek(Number(target.value));
    for (let first = true; await this.fetch(); first = false) {
      this.the("input[type=range]").max = this.moments.at(-1)?.at ?? 0;
      if (first) this.toggle();
    }
    this.dataset.ready = "";
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    this.term.dispose();
  }

  // The next piece: o or r, the time, the length, and so many bytes; numbers are big-endian.
  async fetch() {
    if (this.piece >= Number(this.dataset.pieces)) return false;
    const answer = await fetch(this.dataset.url + this.piece++);
    if (!answer.ok) return false;
    const data = new DataView(await answer.arrayBuffer());
    for (let place = 0; place + 9 <= data.byteLength; ) {
      const [kind, at, length] = [data.getUint8(place), data.getUint32(place + 1), data.getUint32(place + 5)];
      if (kind === 0x6f) this.moments.push({ at, bytes: new Uint8Array(data.buffer, place + 9, length) });
      else this.moments.push({ at, size: [data.getUint16(place + 9), data.getUint16(place + 11)] });
      place += 9 + length;
    }
    return true;
  }

  toggle() {
    if (this.timer) {
      clearTimeout(this.timer);
      this.timer = null;
    } else {
      if (this.at >= this.moments.length) this.seek(0);
      this.next();
    }
    this.the("[data-act=play]").textContent = this.timer ? this.dataset.pause : this.dataset.play;
  }

  next() {
    const moment = this.moments[this.at];
    if (!moment) return "ready" in this.dataset ? this.timer && this.toggle() : (this.timer = setTimeout(() => this.next(), 200));
    let pause = moment.at - this.now;
    if (this.the("[data-skip]").checked) pause = Math.min(pause, TerminalReplay.LONGEST);
    this.timer = setTimeout(() => (this.play(moment), this.at++, this.next()), pause / Number(this.the("select").value));
  }

  play({ at, bytes, size }) {
    if (size) this.term.resize(...size);
    else this.term.write(bytes);
    this.now = at;
    this.the("input[type=range]").value = at;
    const seconds = Math.floor(at / 1000);
    this.the("[data-time]").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  seek(to) {
    const plays = this.timer;
    clearTimeout(this.timer);
    if (to < this.now) {
      this.term.reset();
      [this.at, this.now] = [0, 0];
    }
    while (this.at < this.moments.length && this.moments[this.at].at <= to) this.play(this.moments[this.at++]);
    this.now = to;
    if (plays) this.next();
  }
}
customElements.define("terminal-replay", TerminalReplay);
