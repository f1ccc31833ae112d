// <row-chooser data-list data-all>: choosing rows of a list: a box that ticks them all, and how many are ticked, also of rows that are
// swapped meanwhile. Without it each row's own box does.
class RowChooser extends HTMLElement {
  #known = new Map();
  #list = () => document.getElementById(this.dataset.list ?? "records");
  #boxes = () => [...this.#list()?.querySelectorAll("tbody input[type=checkbox][form]") ?? []];

  connectedCallback() {
    const { signal } = this.life = new AbortController();
    const hear = (name, act) => document.addEventListener(name, act, { signal });
    hear("change", (event) => this.#changed(event.target));
    hear("reset", () => setTimeout(() => this.#changed())); // boxes are emptied once everybody has heard of it
    for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"]) hear(name, () => this.#swapped());
    this.#changed();
  }

  disconnectedCallback() {
    this.life.abort();
  }

  #changed(target) {
    if (target?.matches?.(".all-rows")) for (const box of this.#boxes()) box.checked = target.checked;
    for (const box of this.#boxes()) this.#known.set(box.value, box.checked);
    this.#show();
  }

  #swapped() {
    for (const box of this.#boxes()) box.checked = this.#known.get(box.value) ?? box.checked;
    this.#show();
  }

  // The head's box is ours: without a script it would do nothing.
  #head() {
    const head = this.#list()?.querySelector("thead th");
    if (!head || head.querySelector("input")) return head?.querySelector("input");
    const all = Object.assign(document.createElement("input"), { type: "checkbox", className: "all-rows" });
    all.setAttribute("aria-label", this.dataset.all ?? head.textContent.trim());
    head.prepend(all);
    return all;
  }

  #show() {
    const boxes = this.#boxes();
    const ticked = boxes.filter((box) => box.checked).length;
    this.querySelector(".count").textContent = ticked ? `(${ticked})` : "";
    this.querySelector("button").disabled = ticked === 0;
    const all = this.#head();
    if (!all) return;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  }
}
customElements.define("row-chooser", RowChooser);
