// <file-drop>: files that are dropped on it are chosen in its form and sent, and a bar tells how far they are. Without it the form's own field and
// button do.
class FileDrop extends HTMLElement {
  connectedCallback() {
    const { signal } = this.life = new AbortController();
    const form = this.closest("form");
    const bar = this.querySelector("progress");
    const hear = (target, name, act) => target.addEventListener(name, act, { signal });
    hear(this, "dragover", (event) => {
      event.preventDefault();
      this.setAttribute("data-over", "");
    });
    hear(this, "dragleave", () => this.removeAttribute("data-over"));
    hear(this, "drop", (event) => {
      event.preventDefault();
      this.removeAttribute("data-over");
      this.querySelector("input[type=file]").files = event.dataTransfer.files;
      form.requestSubmit();
    });
    hear(form, "htmx:xhr:progress", ({ detail }) => {
      bar.hidden = false;
      if (detail.lengthComputable) bar.value = (100 * detail.loaded) / detail.total;
    });
    hear(form, "htmx:afterRequest", () => (bar.hidden = true));
    // What is on its way is given up with its dialog: the server keeps no half of it.
    hear(this.closest("dialog"), "close", () => htmx.trigger(form, "htmx:abort"));
    // A file that is dropped beside it must not replace the page.
    for (const name of ["dragover", "drop"]) hear(document, name, (event) => event.preventDefault());
  }

  disconnectedCallback() {
    this.life.abort();
  }
}
customElements.define("file-drop", FileDrop);
