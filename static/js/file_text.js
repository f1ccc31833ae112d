// Reads a chosen file into a text area of the page, and its name into a field where one is named; nothing is sent by this. Without it the text
// is pasted.
class FileText extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type=file]");
    this.listener = () => this.#read();
    this.input.addEventListener("change", this.listener);
  }

  disconnectedCallback() {
    this.input.removeEventListener("change", this.listener);
  }

  async #read() {
    const [file] = this.input.files;
    if (!file) return;
    const area = document.getElementById(this.getAttribute("text"));
    const name = document.getElementById(this.getAttribute("name") ?? "");
    area.value = await file.text();
    if (name) name.value = file.name;
    // The same file can be chosen again after it was changed.
    this.input.value = "";
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
customElements.define("file-text", FileText);
