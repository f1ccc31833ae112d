// Words, scales and colours of charts: the rules of src/web/chart/axis.rs, for numbers that arrive after the page.
(() => {
  const SIZES = {
    "percent": [Infinity, ["%"]],
    "bytes": [1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]],
    "byte-rate": [1024, ["B/s", "KiB/s", "MiB/s", "GiB/s", "TiB/s"]],
    "bit-rate": [1000, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]],
    "milliseconds": [Infinity, ["ms"]],
    "rate": [Infinity, ["/s"]],
    "count": [Infinity, [""]],
  };

  const short = (value) => {
    const size = Math.abs(value);
    const text = value.toFixed(size >= 99.95 ? 0 : size >= 0.95 || size === 0 ? 1 : 2);
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  };

  // The number alone and its unit, in the size that suits `reference`.
  const split = (unit, value, reference = value) => {
    const [step, names] = SIZES[unit];
    let rest = Math.abs(reference);
    let index = 0;
    while (rest >= step - 0.5 && index < names.length - 1) {
      rest /= step;
      value /= step;
      index += 1;
    }
    return [short(value), names[index]];
  };

  const say = (unit, value) => split(unit, value).join(" ").trim();

  // The upper edge of a scale that holds `highest`, with its four rules at round steps.
  const top = (unit, highest) => {
    if (unit === "percent") return 100;
    const binary = unit === "bytes" || unit === "byte-rate";
    const needed = Math.max(highest / 4, binary ? 256 : unit === "bit-rate" ? 250 : 0.25);
    if (binary) return 4 * 2 ** Math.ceil(Math.log2(needed));
    const power = 10 ** Math.floor(Math.log10(needed));
    return 4 * [1, 2, 5, 10].map((times) => times * power).find((step) => step >= needed);
  };

  const labels = (unit, upper) => [4, 3, 2, 1, 0].map((quarter) => {
    const [number, name] = split(unit, upper * quarter / 4, upper);
    return quarter === 4 ? `${number} ${name}`.trim() : number;
  });

  // Five moments under a chart, in the zone of the reader's account.
  const moments = (from, to, zone) => {
    const span = to - from;
    const two = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
    const day = { month: "2-digit", day: "2-digit", timeZone: zone };
    const options = span <= 300 ? { ...two, second: "2-digit" } : span <= 129600 ? two
      : span <= 691200 ? { ...day, ...two } : { ...day, year: "numeric" };
    // Swedish writes dates as ISO 8601 does.
    const format = new Intl.DateTimeFormat("sv-SE", options);
    return [0, 1, 2, 3, 4].map((quarter) => format.format(new Date((from + span * quarter / 4) * 1000)));
  };

  // A token as a colour that a canvas understands: only a real property resolves light-dark().
  const colour = (element, token) => {
    const before = element.style.color;
    element.style.color = `var(${token})`;
    const found = getComputedStyle(element).color;
    element.style.color = before;
    return found;
  };

  window.chartTools = { split, say, top, labels, moments, colour };
})();
