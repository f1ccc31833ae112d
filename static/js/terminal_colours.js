// The colours of terminals, as our style sheet has them for this element and theme.
function terminalColours(element) {
  const style = getComputedStyle(element);
  const colour = (name) => style.getPropertyValue(`--term-${name}`).trim();
  const theme = { background: colour("bg"), foreground: colour("ink"), cursor: colour("hi"), cursorAccent: colour("bg"), selectionBackground: colour("selected") };
  for (const name of ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]) {
    theme[name] = colour(name);
    theme[`bright${name[0].toUpperCase()}${name.slice(1)}`] = colour(`bright-${name}`);
  }
  return theme;
}

// A terminal of xterm.js in our letters and colours, as far as all of ours are alike.
function terminalOf(element, options) {
  const fontFamily = getComputedStyle(element).getPropertyValue("--font-mono").trim();
  const term = new Terminal({ allowProposedApi: true, scrollback: 10000, fontFamily, theme: terminalColours(element), ...options });
  term.loadAddon(new Unicode11Addon.Unicode11Addon());
  term.unicode.activeVersion = "11";
  // Titles, icons and the clipboard are no business of what runs there.
  for (const number of [0, 1, 2, 52]) term.parser.registerOscHandler(number, () => true);
  return term;
}
