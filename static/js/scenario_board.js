// <scenario-board>: what is dragged, or moved by a grip and keys, becomes the act of a button of the builder; its own hidden button sends it.
class ScenarioBoard extends HTMLElement {
  connectedCallback() {
    const { signal } = this.life = new AbortController();
    const form = this.closest("form");
    this.list = form.querySelector("#dests");
    form.addEventListener("keydown", (event) => this.#key(event), { signal });
    // Whatever had the focus may be gone with its step.
    document.addEventListener("htmx:afterSettle", ({ target }) => {
      if (target.id === "builder" && document.activeElement === document.body) document.getElementById("st-dst").focus();
    }, { signal });
    const palette = (id, name) => [form.querySelector(id), { group: { name, pull: "clone", put: false }, sort: false }];
    this.boards = [
      palette("#sources", "source"),
      palette("#kinds", "kind"),
      [form.querySelector("#read"), { group: { name: "read", put: ["source"] }, sort: false, draggable: ".never", onAdd: ({ item }) => this.#act(item.dataset.act) }],
      [this.list, {
        group: { name: "send", put: ["kind"] }, handle: ".grip", draggable: "li[data-place]",
        onAdd: ({ item }) => this.#act(`${item.dataset.act}:${this.#before(item)}`),
        onUpdate: () => this.#act(`order:${this.#order()}`),
      }],
    ].map(([element, options]) => Sortable.create(element, { forceFallback: true, fallbackTolerance: 4, ...options }));
  }

  disconnectedCallback() {
    this.life.abort();
    for (const board of this.boards) board.destroy();
  }

  #act(act) {
    const button = this.querySelector("button");
    button.value = act;
    button.click();
  }

  #items = () => [...this.list.querySelectorAll("li[data-place]")];
  #order = () => this.#items().map((item) => item.dataset.place).join(",");
  #before = (item) => this.#items().filter((other) => item.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_PRECEDING).length;

  #say(words, item) {
    const items = this.#items();
    const values = { name: item.dataset.name, n: items.indexOf(item) + 1, all: items.length };
    document.getElementById("board-says").textContent = this.dataset[words].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  #key(event) {
    const grip = event.target.closest(".grip");
    if (!grip) return;
    const item = grip.closest("li");
    const lifted = grip.getAttribute("aria-pressed") === "true";
    const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.key === " " && !lifted) {
      this.from = this.#items();
      this.#mark(grip, true);
      this.#say("lifted", item);
    } else if (!lifted) return;
    else if (event.key === " ") {
      this.#mark(grip, false);
      this.#say("dropped", item);
      if (this.from.some((one, place) => one !== this.#items()[place])) this.#act(`order:${this.#order()}`);
    } else if (way) {
      const items = this.#items();
      const other = items[items.indexOf(item) + way];
      if (other) other[way < 0 ? "before" : "after"](item);
      grip.focus();
      this.#say("moved", item);
    } else if (event.key === "Escape" || event.key === "Tab") {
      this.list.prepend(...this.from);
      this.#mark(grip, false);
      this.#say("back", item);
      grip.focus();
    }
    if (event.key !== "Tab") event.preventDefault();
  }

  #mark(grip, lifted) {
    grip.setAttribute("aria-pressed", lifted);
  }
}
customElements.define("scenario-board", ScenarioBoard);
