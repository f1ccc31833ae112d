// <terminal-desk>: the tabs above the terminals of a page, and which of them is seen.
class TerminalDesk extends HTMLElement {
  connectedCallback() {
    this.tabs = this.querySelector("[role=tablist]");
    this.addEventListener("terminal", ({ target }) => this.draw(target));
    this.tabs.addEventListener("click", (event) => this.clicked(event));
    this.tabs.addEventListener("keydown", (event) => this.moved(event));
    // Why there was none before is over with the next try.
    this.addEventListener("htmx:beforeRequest", () => this.querySelectorAll("#views > :not(terminal-view)").forEach((fail) => fail.remove()));
    this.draw();
  }

  get views() {
    return [...this.querySelectorAll("terminal-view")];
  }

  // A new one is shown; one that has ended stays where it is, to be read.
  draw(changed) {
    const views = this.views;
    if (changed && changed.dataset.state !== "over") this.seen = changed;
    if (!views.includes(this.seen)) this.seen = views.at(-1);
    this.tabs.replaceChildren(...views.flatMap((view, at) => this.tab(view, views.length > 1 ? `${at + 1} ` : "")));
    this.tabs.hidden = views.length === 0;
    this.toggleAttribute("data-open", views.length > 0);
    for (const view of views) view.hidden = view !== this.seen;
    this.seen?.term && this.seen.focus();
  }

  // Several of one server differ by their number.
  tab(view, number) {
    const tab = Object.assign(document.createElement("button"), { type: "button", textContent: number + view.dataset.label, id: `tab-${view.id}` });
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-selected", view === this.seen);
    tab.setAttribute("aria-controls", view.id);
    tab.tabIndex = view === this.seen ? 0 : -1;
    tab.dataset.over = view.dataset.state === "over";
    if (view.dataset.state !== "over") return [tab];
    const close = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    close.setAttribute("aria-label", `${this.dataset.close} ${number}${view.dataset.label}`);
    close.setAttribute("data-close", view.id);
    return [tab, close];
  }

  clicked({ target }) {
    const closed = target.closest("button[data-close]")?.dataset.close;
    if (closed) {
      document.getElementById(closed).remove();
      this.draw();
      return;
    }
    const view = document.getElementById(target.closest("[role=tab]")?.getAttribute("aria-controls"));
    if (view) this.pick(view);
  }

  moved(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const views = this.views;
    this.pick(views.at((views.indexOf(this.seen) + step) % views.length));
    this.querySelector("[aria-selected=true]").focus();
  }

  pick(view) {
    this.seen = view;
    this.draw();
  }
}
customElements.define("terminal-desk", TerminalDesk);
