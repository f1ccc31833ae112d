// A toast: goes away after six seconds, waits while it is read, and at most three are shown.
class ToastNote extends HTMLElement {
  #timer;

  connectedCallback() {
    const shown = this.parentElement.querySelectorAll("toast-note");
    if (shown.length > 3) shown[0].remove();
    this.#wait();
    for (const name of ["mouseenter", "focusin"]) this.addEventListener(name, () => clearTimeout(this.#timer));
    for (const name of ["mouseleave", "focusout"]) this.addEventListener(name, () => this.#wait());
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.remove(), 6000);
  }
}
customElements.define("toast-note", ToastNote);
