// Files that are dropped or chosen are sent one by one, each with its progress and a way to cancel it. Without it the form
// around the input does the same by a button.
class PackageDrop extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.input = this.querySelector("input[type=file]");
    this.list = this.querySelector(".coming");
    this.form.querySelector("button").hidden = true;
    this.input.classList.add("vh"); // its label stands for it
    const { signal } = this.life = new AbortController();
    const over = (event) => {
      event.preventDefault();
      this.form.toggleAttribute("data-over", event.type === "dragover");
    };
    for (const name of ["dragover", "dragleave", "drop"]) this.form.addEventListener(name, over, { signal });
    this.form.addEventListener("drop", (event) => this.#send([...event.dataTransfer.files]), { signal });
    this.input.addEventListener("change", () => {
      this.#send([...this.input.files]);
      this.input.value = "";
    }, { signal });
  }

  disconnectedCallback() {
    this.life.abort();
  }

  async #send(files) {
    for (const file of files) await this.#upload(file);
  }

  #upload(file) {
    const row = document.createElement("li");
    const [name, bar, said, cancel] = ["span", "progress", "span", "button"].map((tag) => document.createElement(tag));
    name.className = "mono";
    name.textContent = file.name;
    bar.className = "progress";
    [bar.max, bar.value] = [100, 0];
    bar.setAttribute("aria-label", file.name);
    Object.assign(cancel, { type: "button", className: "btn", textContent: this.dataset.cancel });
    cancel.dataset.size = "sm";
    row.append(name, bar, said, cancel);
    this.list.append(row);
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      const body = new FormData();
      body.append("file", file);
      let cancelled = false;
      cancel.onclick = () => {
        cancelled = true;
        request.abort();
      };
      request.upload.onprogress = ({ loaded, total }) => (bar.value = (100 * loaded) / total);
      request.onloadend = () => {
        cancel.remove();
        if (request.status === 200 || cancelled) row.remove();
        if (request.status === 200) htmx.trigger(document.body, "artifacts");
        else if (!cancelled) this.#tell(row, bar, said, request);
        done();
      };
      request.open("POST", this.form.action);
      request.setRequestHeader("HX-Request", "true");
      request.setRequestHeader("X-CSRF-Token", this.form.elements.csrf_token.value);
      request.send(body);
    });
  }

  // What went wrong stays beside the name of its file.
  #tell(row, bar, said, request) {
    const answer = new DOMParser().parseFromString(request.responseText, "text/html");
    bar.remove();
    row.dataset.failed = "";
    const sentences = [...answer.querySelectorAll("toast-note > :not(.dot)")].map((part) => part.textContent.trim()).join(". ");
    // Without a status nobody answered: the network is away, or what is between us ended the connection.
    said.textContent = sentences || (request.status === 0 ? this.dataset.cut : this.dataset.failed);
  }
}
customElements.define("package-drop", PackageDrop);
