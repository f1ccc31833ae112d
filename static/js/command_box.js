// <command-box>: Enter runs, Shift+Enter is a new line, the arrows go through what one ran here before. What stands in the history can be run again,
// edited, copied and saved.
class CommandBox extends HTMLElement {
  connectedCallback() {
    const { signal } = (this.life = new AbortController());
    [this.form, this.field] = ["form", "textarea"].map((name) => this.querySelector(name));
    ({ as_root: this.root, how: this.lines } = this.form.elements);
    [this.back, this.draft, this.how] = [-1, "", ""];
    this.field.addEventListener("keydown", (event) => this.key(event), { signal });
    this.field.addEventListener("input", () => this.grow(), { signal });
    this.querySelector("[data-saved]")?.addEventListener("change", ({ target }) => this.saved(target), { signal });
    document.addEventListener("click", (event) => this.clicked(event), { signal });
    this.form.addEventListener("command-asked", () => this.ran(), { signal });
    this.form.addEventListener("htmx:beforeRequest", () => document.querySelector("#history > .not-run")?.remove(), { signal });
  }

  disconnectedCallback() {
    this.life.abort();
  }

  grow() {
    this.field.rows = Math.min(16, this.field.value.split("\n").length);
  }

  put(words, asRoot) {
    this.field.value = words;
    if (this.root) this.root.checked = asRoot;
    this.grow();
    this.field.focus();
  }

  key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.form.requestSubmit();
    }
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!step || (this.field.value.includes("\n") && this.back < 0)) return;
    const own = [...new Set([...document.querySelectorAll("#history [data-own]")].map((entry) => entry.dataset.words))];
    const next = Math.max(-1, Math.min(own.length - 1, this.back + step));
    event.preventDefault();
    if (this.back < 0) this.draft = this.field.value;
    this.back = next;
    this.put(next < 0 ? this.draft : own[next], this.root?.checked);
  }

  ran() {
    [this.back, this.lines.value, this.how] = [-1, this.how || this.lines.value, ""];
    document.getElementById("no-history")?.remove();
    this.put("", this.root?.checked);
  }

  saved(select) {
    const { value, dataset } = select.selectedOptions[0];
    if (value) this.put(value, "root" in dataset);
    select.value = "";
  }

  clicked({ target }) {
    const [button, entry] = [target.closest("button[data-act]"), target.closest("#history > li")];
    if (!button || !entry) return;
    const [words, asRoot, act] = [entry.dataset.words, "root" in entry.dataset, button.dataset.act];
    if (act === "copy") return navigator.clipboard?.writeText(entry.querySelector(".log").textContent);
    if (act === "save") return this.keep(words, asRoot);
    this.put(words, asRoot);
    if (act === "edit") return;
    // What ran as one text runs as one text again; what comes after it, as it was chosen.
    [this.how, this.lines.value] = [this.how || this.lines.value, "script"];
    this.form.requestSubmit();
  }

  keep(words, asRoot) {
    const dialog = document.getElementById("save-command");
    const { command, as_root } = dialog.querySelector("form").elements;
    [command.value, as_root.disabled, dialog.querySelector("[data-shown]").textContent] = [words, !asRoot, words];
    dialog.showModal();
  }
}
customElements.define("command-box", CommandBox);
