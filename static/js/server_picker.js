// The server selector: a combobox in a popover. Options are links that the server sends; arrows move, Enter follows.
class ServerPicker extends HTMLElement {
  #input;
  #list;

  connectedCallback() {
    const popover = this.querySelector("[popover]");
    this.#input = popover.querySelector("input");
    this.#list = popover.querySelector("[role=listbox]");
    popover.addEventListener("toggle", (event) => {
      if (event.newState !== "open") return;
      this.#input.value = "";
      this.#input.focus();
      this.#input.dispatchEvent(new Event("open"));
    });
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("htmx:afterSwap", () => this.#move(0));
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
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: options.length - 1 }[event.key];
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      options[at]?.click();
    } else if (to !== undefined && !(["Home", "End"].includes(event.key) && this.#input.value)) {
      event.preventDefault();
      this.#move(to);
    }
  }
}
customElements.define("server-picker", ServerPicker);
