// The numbers of one chart: what came with the page, and what is added while somebody looks. Draws nothing.
const chartData = (() => {
  const SHRINK_AFTER = 300; // seconds without a higher value before a scale becomes lower
  const POINTS = 450;

  class Numbers {
    constructor(spec) {
      Object.assign(this, { spec, from: spec.from, to: spec.to, times: spec.times, columns: spec.columns });
      this.step = Math.max(1, (spec.to - spec.from) / POINTS);
      [this.heard, this.top, this.grown] = [null, 0, 0];
      this.scale();
    }

    scale() {
      const rows = this.times.map((_, row) => this.columns.map((column) => column[row]).filter((value) => value != null));
      const heights = rows.map((row) => this.spec.stacked ? row.reduce((sum, value) => sum + value, 0) : Math.max(0, ...row));
      const needed = chartTools.top(this.spec.unit, Math.max(this.spec.at_least, 0, ...heights));
      if (needed >= this.top || this.to - this.grown > SHRINK_AFTER) [this.top, this.grown] = [needed, this.to];
    }

    value(line, sample) {
      const found = sample.values[line.device ? `${line.name} ${line.device}` : line.name];
      return found == null ? null : found * line.factor;
    }

    // False where the sample says nothing about this chart.
    add(sample) {
      const row = this.spec.lines.map((line) => this.value(line, sample));
      const last = this.times.at(-1);
      if (row.every((value) => value == null) || (last != null && sample.at <= last)) return false;
      const length = this.to - this.from;
      if (last != null && Math.floor(last / this.step) === Math.floor(sample.at / this.step)) {
        this.columns.forEach((column, index) => {
          const before = column.at(-1);
          column[column.length - 1] = before == null || row[index] == null ? row[index] ?? before : (before + row[index]) / 2;
        });
      } else {
        this.times.push(sample.at);
        this.columns.forEach((column, index) => column.push(row[index]));
      }
      [this.heard, this.latest, this.to] = [sample, row, Math.max(this.to, sample.at)];
      this.from = this.to - length;
      while (this.times[0] < this.from) {
        this.times.shift();
        this.columns.forEach((column) => column.shift());
      }
      this.scale();
      return true;
    }

    headline() {
      return this.spec.headline ? this.value(this.spec.headline, this.heard) : this.latest[0];
    }

    // The value of a line in a row of what is drawn; none in a gap. The last one where no row is meant.
    at(line, index) {
      if (index != null) return this.columns[line][this.drawn[index]];
      return this.latest ? this.latest[line] : this.columns[line].findLast((value) => value != null);
    }

    gaps() {
      return this.times.map((from, row) => [from, this.times[row + 1] ?? this.to]).filter(([from, to]) => to - from > this.spec.tolerance);
    }

    // What uPlot draws, stacked where asked. A gap has two rows of its own, beside its ends: a cursor reads the nearest row.
    series() {
      const ends = new Map(this.gaps());
      const rows = this.times.flatMap((at, row) => ends.has(at) ? [[at, row], [at + 0.001], [ends.get(at) - 0.001]] : [[at, row]]);
      this.drawn = rows.map(([, row]) => row);
      const columns = this.columns.map((column) => this.drawn.map((row) => column[row] ?? null));
      const under = rows.map(() => 0);
      if (this.spec.stacked) columns.toReversed().forEach((column) => column.forEach((value, row) => {
        if (value != null) under[row] = column[row] = value + under[row];
      }));
      return [rows.map(([at]) => at), ...columns];
    }
  }

  return { start: (spec) => new Numbers(spec) };
})();
