// <terminal-view data-url data-ticket>: one terminal, drawn by xterm.js. Its keys are the shell's, but for Ctrl+Shift with C, V, F and Esc.
class TerminalView extends HTMLElement {
  connectedCallback() {
    this.the = (name) => this.querySelector(`[data-${name}]`);
    const linkHandler = { activate: (_, address) => terminalPaste.follow(address) };
    const fontSize = Number(localStorage.getItem("terminal-size")) || 13;
    const term = (this.term = terminalOf(this, { fontSize, cursorBlink: true, linkHandler }));
    [this.fit, this.search] = [new FitAddon.FitAddon(), new SearchAddon.SearchAddon()];
    for (const addon of [this.fit, this.search]) term.loadAddon(addon);
    // What a program asks of the settings is not answered: a shell would read the answer as keys, of which some take what is typed next.
    term.parser.registerDcsHandler({ intermediates: "$", final: "q" }, () => true);
    term.open(this.the("screen"));
    const encoder = new TextEncoder();
    term.onData((text) => this.link.type(encoder.encode(text)));
    term.onBinary((text) => this.link.type(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    term.onResize(({ cols, rows }) => this.sized(cols, rows));
    term.attachCustomKeyEventHandler((event) => this.key(event));
    this.the("screen").addEventListener("paste", (event) => this.pasted(event), true);
    this.addEventListener("click", ({ target }) => this.act(target.closest("button")?.dataset.act));
    this.the("find").addEventListener("submit", (event) => (event.preventDefault(), this.look(event.submitter?.dataset.back)));
    this.observer = new ResizeObserver(() => this.offsetParent && this.fit.fit());
    this.observer.observe(this.the("screen"));
    this.theme = matchMedia("(prefers-color-scheme: dark)");
    this.theme.onchange = () => (term.options.theme = terminalColours(this));
    this.link = new TerminalLink(this.dataset.url, this);
    this.link.open(this.dataset.ticket);
    this.removeAttribute("data-ticket");
    this.dispatchEvent(new Event("terminal", { bubbles: true }));
  }

  disconnectedCallback() {
    this.observer.disconnect();
    this.link.close();
    this.term.dispose();
  }

  show(bytes, then) {
    this.term.write(bytes, then);
  }

  sized(columns, rows) {
    this.the("size").textContent = `${columns} × ${rows}`;
    this.link?.send(JSON.stringify({ columns, rows }));
  }

  larger(by) {
    this.term.options.fontSize = Math.min(32, Math.max(8, this.term.options.fontSize + by));
    localStorage.setItem("terminal-size", this.term.options.fontSize);
    this.fit.fit();
  }

  focus() {
    if (this.offsetParent) this.fit.fit();
    this.term.focus();
  }
}
