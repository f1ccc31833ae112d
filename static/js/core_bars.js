// <core-bars>: one bar per processor core, moved by what the page's stream says. A core that is new waits for a reload.
class CoreBars extends HTMLElement {
  connectedCallback() {
    this.move = ({ detail }) => this.querySelectorAll("[data-core]").forEach((core) => {
      const percent = detail.values[`cpu.core ${core.dataset.core}`];
      if (percent == null) return;
      core.querySelector("[data-number]").textContent = percent.toFixed(0);
      core.querySelector("rect").setAttribute("width", Math.min(100, Math.max(0, percent)).toFixed(1));
      const bar = core.querySelector(".bar");
      if (percent < 80) bar.removeAttribute("data-state");
      else bar.dataset.state = percent < 95 ? "warn" : "crit";
    });
    document.addEventListener("live:metrics", this.move);
  }

  disconnectedCallback() {
    document.removeEventListener("live:metrics", this.move);
  }
}
customElements.define("core-bars", CoreBars);
