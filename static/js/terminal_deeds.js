// What somebody does with a terminal beside typing: copy, find, letters of another size, end it. Part of <terminal-view>.
Object.assign(TerminalView.prototype, {
  // How the line to the terminal is; the dot and its words say so.
  state(word, why) {
    this.dataset.state = word;
    this.the("dot").dataset.state = { connecting: "run", open: "up", lost: "warn", over: "none" }[word];
    this.the("dot").setAttribute("aria-label", this.dataset[word] ?? "");
    if (word === "open") {
      this.say("");
      this.sized(this.term.cols, this.term.rows);
    } else if (word === "lost") this.say(why || this.dataset.lost);
  },

  over(words, code) {
    this.state("over");
    this.term.options.cursorBlink = false;
    this.term.options.disableStdin = true;
    const known = { 4401: this.dataset.signedOut, 4409: this.dataset.elsewhere };
    this.say(known[code] ?? (words || this.dataset.over));
    this.the("here").hidden = code !== 4409;
    this.the("end").hidden = true;
    this.dispatchEvent(new Event("terminal", { bubbles: true }));
  },

  say(words) {
    const note = this.the("note");
    note.querySelector("span").textContent = words;
    note.hidden = !words;
  },

  key(event) {
    if (event.type !== "keydown" || !event.ctrlKey || !event.shiftKey) return true;
    const act = { KeyC: "copy", KeyF: "find", Escape: "leave" }[event.code];
    if (act) {
      event.preventDefault();
      this.act(act);
    }
    // What is pasted comes as an event of its own.
    return !act && event.code !== "KeyV";
  },

  async pasted(event) {
    event.preventDefault();
    event.stopPropagation();
    const text = await terminalPaste.allowed(event.clipboardData.getData("text/plain"));
    if (text) this.term.paste(text);
    this.term.focus();
  },

  act(name) {
    const term = this.term;
    const deeds = {
      copy: () => navigator.clipboard?.writeText(term.getSelection()),
      find: () => ((this.the("find").hidden = false), this.the("find").querySelector("input").select()),
      unfind: () => ((this.the("find").hidden = true), this.search.clearDecorations(), term.focus()),
      smaller: () => this.larger(-1),
      larger: () => this.larger(1),
      leave: () => this.querySelector(".term-bar button").focus(),
      end: () => terminalRequests.post(`${this.dataset.url}/endings`),
      here: () => (this.link.close(), this.revive()),
    };
    deeds[name]?.();
  },

  revive() {
    this.term.reset();
    Object.assign(this.term.options, { disableStdin: false, cursorBlink: true });
    [this.the("here").hidden, this.the("end").hidden] = [true, false];
    this.link = new TerminalLink(this.dataset.url, this);
    this.link.open();
  },

  look(back) {
    const text = this.the("find").querySelector("input").value;
    const found = text && (back === undefined ? this.search.findNext(text) : this.search.findPrevious(text));
    this.the("found").textContent = text && !found ? this.dataset.nothing : "";
  },
});
customElements.define("terminal-view", TerminalView);
