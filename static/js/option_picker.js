// <option-picker>: a combobox in a popover or dialog. Options are links that the server sends; arrows move, Enter follows.
class OptionPicker extends HTMLElement {
  #box;
  #input;
  #list;
  #kept;

  connectedCallback() {
    this.#box = this.querySelector("dialog, [popover]");
    this.#input = this.#box.querySelector("input");
    this.#list = this.#box.querySelector("[role=listbox]");
    this.#box.addEventListener("toggle", (event) => {
      this.#input.setAttribute("aria-expanded", event.newState === "open");
      if (event.newState !== "open") return;
      this.#input.value = "";
      this.#input.focus();
      this.#input.dispatchEvent(new Event("open"));
    });
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("htmx:afterSwap", () => {
      // What was starred moved to another place, and stays the active one.
      this.#move(this.#options().findIndex((option) => option.href === this.#kept));
      this.#kept = undefined;
    });
    // The keyboard stays with the input.
    this.#list.addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault());
    // A page that the browser brings back shows what it showed, without what was open on it.
    this.#list.addEventListener("click", (event) => {
      const star = event.target.closest("button");
      if (star) this.#kept = star.parentElement.querySelector("[role=option]").href;
      else this.#box.close?.();
    });
  }

  #options() {
    return [...this.#list.querySelectorAll("[role=option]")];
  }

  #move(index) {
    const options = this.#options();
    const active = options[Math.max(0, Math.min(index, options.length - 1))];
    for (const option of options) option.toggleAttribute("data-active", option === active);
    if (active) {
      this.#input.setAttribute("aria-activedescendant", active.id);
      active.scrollIntoView({ block: "nearest" });
    } else {
      this.#input.removeAttribute("aria-activedescendant");
    }
  }

  #key(event) {
    const options = this.#options();
    const at = options.findIndex((option) => option.hasAttribute("data-active"));
    const page = { PageDown: at + 10, PageUp: at - 10 };
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: options.length - 1, ...page }[event.key];
    if (event.isComposing) return;
    if (event.key.toLowerCase() === "d" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      options[at]?.parentElement.querySelector("button")?.click();
    } else if (event.key === "Enter") {
      event.preventDefault();
      options[at]?.click();
    } else if (to !== undefined && !(["Home", "End"].includes(event.key) && this.#input.value)) {
      event.preventDefault();
      this.#move(to);
    }
  }
}
customElements.define("option-picker", OptionPicker);
