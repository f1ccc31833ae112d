// A file that was chosen goes into the text field that `for` names; it is read here and sent with the form, not by itself.
class FileText extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", async (event) => {
      const [file] = event.target.files ?? [];
      const field = document.getElementById(this.getAttribute("for"));
      if (!file || !field) return;
      field.value = await file.text();
      event.target.value = "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    });
  }
}
customElements.define("file-text", FileText);
