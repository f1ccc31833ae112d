// <row-drawer data-row data-focus>: the detail of one row beside its list. Marks the row, takes the focus when it opens,
// and gives it back; Escape follows the link that closes it.
class RowDrawer extends HTMLElement {
  connectedCallback() {
    const { signal } = this.life = new AbortController();
    this.#mark();
    document.addEventListener("htmx:afterSwap", () => this.#mark(), { signal });
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    // Not on a page that comes with its drawer open.
    if (document.readyState === "complete") this.focus({ preventScroll: true });
  }

  disconnectedCallback() {
    this.life.abort();
    document.getElementById(this.dataset.row)?.removeAttribute("aria-selected");
    // After the swap: another drawer may have come in the place of this one.
    setTimeout(() => document.querySelector("row-drawer") || document.getElementById(this.dataset.focus)?.focus());
  }

  #mark() {
    for (const row of document.querySelectorAll('tr[aria-selected="true"]')) {
      if (row.id !== this.dataset.row) row.removeAttribute("aria-selected");
    }
    document.getElementById(this.dataset.row)?.setAttribute("aria-selected", "true");
  }

  #key(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    if (document.querySelector(":modal, :popover-open") || event.target.closest("input, select, textarea")) return;
    this.querySelector("[data-close]")?.click();
  }
}
customElements.define("row-drawer", RowDrawer);
