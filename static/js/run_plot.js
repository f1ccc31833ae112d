// <run-plot data-form data-from data-until data-lowest data-highest data-share data-zone>: a box that is drawn over the runs is written
// into the form, which lists the runs in it. Without it the form's own fields do.
class RunPlot extends HTMLElement {
  connectedCallback() {
    const { signal } = this.life = new AbortController();
    this.picture = this.querySelector("svg");
    this.drawn = this.querySelector(".drawn");
    const hear = (target, name, act) => target.addEventListener(name, act, { signal });
    hear(this.picture, "pointerdown", (event) => this.#begin(event));
    hear(this.picture, "pointermove", (event) => this.#draw(event));
    hear(this.picture, "pointerup", (event) => this.#end(event));
    hear(this.picture, "pointercancel", () => this.#drop());
    hear(document, "keydown", (event) => event.key === "Escape" && this.#drop());
    // The list looks again by itself, but takes no box out of somebody's hand.
    hear(document, "htmx:beforeRequest", (event) => {
      if (this.corner && event.target.contains(this)) event.preventDefault();
    });
  }

  disconnectedCallback() {
    this.life.abort();
  }

  // Where it is in the picture, and how large that is, in pixels.
  #place({ clientX, clientY }) {
    const { left, top, width, height } = this.picture.getBoundingClientRect();
    const within = (value, most) => Math.min(Math.max(value, 0), most);
    return { x: within(clientX - left, width), y: within(clientY - top, height), width, height };
  }

  #begin(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.picture.setPointerCapture(event.pointerId);
    this.corner = this.#place(event);
  }

  #box(event) {
    const [one, two] = [this.corner, this.#place(event)];
    const [left, right] = [Math.min(one.x, two.x), Math.max(one.x, two.x)];
    const [top, bottom] = [Math.min(one.y, two.y), Math.max(one.y, two.y)];
    return { left, right, top, bottom, width: two.width, height: two.height };
  }

  #draw(event) {
    if (!this.corner) return;
    const { left, right, top, bottom } = this.#box(event);
    const attributes = { x: left, y: top, width: right - left, height: bottom - top, visibility: "visible" };
    for (const [name, value] of Object.entries(attributes)) this.drawn.setAttribute(name, value);
  }

  #drop() {
    this.corner = null;
    this.drawn.setAttribute("visibility", "hidden");
  }

  #end(event) {
    if (!this.corner) return;
    const { left, right, top, bottom, width, height } = this.#box(event);
    this.#drop();
    if (right - left < 4 && bottom - top < 4) return;
    const { from, until, lowest, highest, share, zone, form } = this.dataset;
    const at = (x, round) => {
      const seconds = round(Number(from) + (x / width) * (until - from));
      return new Date(seconds * 1000).toLocaleString("sv-SE", { timeZone: zone }).replace(" ", "T");
    };
    const length = (y) => Number((lowest * (highest / lowest) ** (1 - y / height / share) / 1000).toPrecision(3));
    // An edge of the picture is no bound, and below the lengths stands what was not begun.
    const { elements } = document.getElementById(form);
    elements.from.value = left < 1 ? "" : at(left, Math.floor);
    elements.until.value = right > width - 1 ? "" : at(right, Math.ceil);
    elements.least.value = bottom > share * height ? "" : length(bottom);
    elements.most.value = top < 1 ? "" : top > share * height ? 0 : length(top);
    document.getElementById(form).requestSubmit();
  }
}
customElements.define("run-plot", RunPlot);
