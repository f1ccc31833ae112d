// What is pasted into a terminal: control characters are taken out, so that nothing can end the paste early (ESC[201~), and several lines are asked
// about first, because a shell runs each of them.
const terminalPaste = {
  clean(text) {
    return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "");
  },

  // The text once somebody said yes; nothing where they did not.
  async allowed(text) {
    const clean = this.clean(text);
    const lines = clean.replace(/\r?\n$/, "").split(/\r\n|\r|\n/);
    if (lines.length < 2 && !/[\r\n]$/.test(clean)) return clean;
    const dialog = document.getElementById("paste");
    dialog.querySelector("pre").textContent = clean;
    const button = dialog.querySelector("[value=paste]");
    button.textContent = dialog.dataset.paste.replace("{n}", lines.length);
    return (await this.asked(dialog)) === "paste" ? clean : "";
  },

  // An address that a program shows as a link: only of the web, and only after it was seen.
  async follow(address) {
    if (!/^https?:\/\//i.test(address)) return;
    const dialog = document.getElementById("follow-link");
    dialog.querySelector("pre").textContent = address.slice(0, 2000);
    if ((await this.asked(dialog)) === "follow") window.open(address, "_blank", "noopener,noreferrer");
  },

  asked(dialog) {
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((answer) => dialog.addEventListener("close", () => answer(dialog.returnValue), { once: true }));
  },
};
