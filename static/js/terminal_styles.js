// xterm.js makes <style> elements and style attributes, which our policy refuses. Here they become what the policy lets scripts do:
// a constructed style sheet for each element, and the properties of each attribute one by one. Loaded before xterm.js.
(() => {
  const create = document.createElement.bind(document);
  const put = (sheet) => (document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]);
  const take = (sheet) => (document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet));

  // Stands where the <style> would; its text is the sheet's.
  function standIn() {
    const [element, sheet] = [create("meta"), new CSSStyleSheet()];
    let text = "";
    put(sheet);
    Object.defineProperties(element, {
      sheet: { get: () => sheet },
      textContent: {
        get: () => text,
        set: (words) => sheet.replaceSync((text = String(words))),
      },
    });
    element.remove = () => (take(sheet), Element.prototype.remove.call(element));
    return element;
  }
  document.createElement = (name, options) => (String(name).toLowerCase() === "style" ? standIn() : create(name, options));

  const set = Element.prototype.setAttribute;
  HTMLSpanElement.prototype.setAttribute = function (name, value) {
    if (name === "style") this.style.cssText = value;
    else set.call(this, name, value);
  };
})();
