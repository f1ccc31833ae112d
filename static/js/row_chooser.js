// <row-chooser data-list data-all>: choosing rows of a list: a box that ticks them all, and how many are ticked. Without it each row's
// own box does.
class RowChooser extends HTMLElement {
  #list = () => document.getElementById(this.dataset.list ?? "records");
  #boxes = () => [...this.#list()?.querySelectorAll("tbody input[type=checkbox][form]") ?? []];

  connectedCallback() {
    this.listener = (event) => this.#changed(event.target);
    this.afterReset = () => setTimeout(() => this.#prepare()); // boxes are emptied once everybody has heard of it
    document.addEventListener("change", this.listener);
    document.addEventListener("htmx:afterSwap", this.listener);
    document.addEventListener("reset", this.afterReset);
    this.#prepare();
  }

  disconnectedCallback() {
    document.removeEventListener("change", this.listener);
    document.removeEventListener("htmx:afterSwap", this.listener);
    document.removeEventListener("reset", this.afterReset);
  }

  // The head's box is ours: without a script it would do nothing.
  #prepare() {
    const head = this.#list()?.querySelector("thead th");
    if (head && !head.querySelector("input")) {
      const all = document.createElement("input");
      all.type = "checkbox";
      all.className = "all-rows";
      all.setAttribute("aria-label", this.dataset.all ?? head.textContent.trim());
      head.prepend(all);
    }
    this.#count();
  }

  #changed(target) {
    if (target.matches?.(".all-rows")) for (const box of this.#boxes()) box.checked = target.checked;
    this.#prepare();
  }

  #count() {
    const boxes = this.#boxes();
    const ticked = boxes.filter((box) => box.checked).length;
    this.querySelector(".count").textContent = ticked ? `(${ticked})` : "";
    this.querySelector("button").disabled = ticked === 0;
    const all = document.querySelector(".all-rows");
    if (!all) return;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  }
}
customElements.define("row-chooser", RowChooser);
