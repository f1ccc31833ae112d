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
    "plain": [Infinity, [""]],
  };

  const short = (value) => {
    const size = Math.abs(value);
    const text = value.toFixed(size >= 99.95 ? 0 : size >= 0.95 || size === 0 ? 1 : 2);
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  };

  // The number and its unit, in the size that suits `reference`.
  const sized = (unit, value, reference) => {
    const [step, names] = SIZES[unit];
    let index = 0;
    for (let rest = Math.abs(reference); rest >= step - 0.5 && index < names.length - 1; rest /= step) index += 1;
    return [index ? value / step ** index : value, names[index]];
  };

  // As Unit::digits: a load of 1.04 is not one of 0.96.
  const digits = (unit, value) => (unit === "count" && Math.abs(value) < 100 ? value.toFixed(2) : short(value));

  const split = (unit, value) => {
    const [number, name] = sized(unit, value, value);
    return [digits(unit, number), name];
  };

  // The number alone, in the unit of a scale up to `upper`.
  const beside = (unit, upper, value) => digits(unit, sized(unit, value, upper)[0]);

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
    const [number, name] = sized(unit, upper * quarter / 4, upper);
    return quarter === 4 ? `${short(number)} ${name}`.trim() : short(number);
  });

  // Five moments under a chart, in the zone of the reader's account.
  const moments = (from, to, zone) => {
    const [two, span] = ["2-digit", to - from];
    const fields = { year: "numeric", month: two, day: two, hour: two, minute: two, second: two, hourCycle: "h23" };
    const format = new Intl.DateTimeFormat("en-GB", { ...fields, timeZone: zone });
    return [0, 1, 2, 3, 4].map((quarter) => {
      const parts = format.formatToParts(new Date((from + span * quarter / 4) * 1000));
      const at = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
      if (span <= 300) return `${at.hour}:${at.minute}:${at.second}`;
      if (span <= 129600) return `${at.hour}:${at.minute}`;
      if (span <= 345600) return `${at.month}-${at.day} ${at.hour}:${at.minute}`;
      return span <= 17280000 ? `${at.month}-${at.day}` : `${at.year}-${at.month}`;
    });
  };

  // A token as a colour that a canvas understands: only a real property resolves light-dark().
  const colour = (element, token) => {
    const before = element.style.color;
    element.style.color = `var(${token})`;
    const found = getComputedStyle(element).color;
    element.style.color = before;
    return found;
  };

  window.chartTools = { split, beside, top, labels, moments, colour };
})();
