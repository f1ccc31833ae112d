// How uPlot draws a <time-chart>: lines and areas in the page's colours, gaps, rules, threshold, one cursor for all charts.
const chartOptions = (chart) => {
  const { spec } = chart;
  const colour = (token) => chartTools.colour(chart, token);
  const strokes = ["--data", "--data-2", "--data-3"];
  const fills = ["--accent-soft", "--data-2", "--data-3"];
  const faded = (token, alpha) => colour(token).replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);

  const series = spec.lines.map((_, index) => ({
    stroke: () => colour(strokes[index]),
    width: index ? 1.25 : 1.5,
    fill: index === 0 || spec.stacked ? () => faded(fills[index], index ? 0.4 : 0.55) : undefined,
    points: { show: false },
  }));

  const line = (plot, y, token, dash) => {
    const { ctx, bbox } = plot;
    const at = Math.round(plot.valToPos(y, "y", true)) + 0.5;
    ctx.strokeStyle = colour(token);
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(bbox.left, at);
    ctx.lineTo(bbox.left + bbox.width, at);
    ctx.stroke();
    ctx.setLineDash([]);
  };

  const behind = (plot) => {
    const { ctx, bbox } = plot;
    ctx.save(); // uPlot remembers the colours that it has set, and does not set them again
    ctx.fillStyle = colour("--crit-soft");
    for (const [from, to] of chart.data.gaps()) {
      const left = Math.max(plot.valToPos(from, "x", true), bbox.left);
      ctx.fillRect(left, bbox.top, plot.valToPos(to, "x", true) - left, bbox.height);
    }
    for (const quarter of [1, 2, 3, 4]) line(plot, chart.data.top * quarter / 4, "--rule", []);
    line(plot, 0, "--rule-2", []);
    ctx.restore();
  };

  const front = (plot) => {
    plot.ctx.save();
    if (spec.limit != null && spec.limit < chart.data.top) line(plot, spec.limit, "--warn", [4, 4]);
    plot.ctx.restore();
  };

  const selected = (plot) => {
    const { left, width } = plot.select;
    if (width < 8) return;
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    chart.zoom(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
  };

  return {
    width: Math.max(chart.drawing.clientWidth, 50),
    height: chart.height,
    padding: [0, 0, 0, 0],
    legend: { show: false },
    axes: [{ show: false }, { show: false }],
    scales: { x: { range: () => [chart.data.from, chart.data.to] }, y: { range: () => [0, chart.data.top] } },
    series: [{}, ...series],
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false }, sync: { key: "page" } },
    hooks: {
      drawClear: [behind],
      draw: [front],
      setSelect: [selected],
      setCursor: [(plot) => chart.read(plot.cursor.idx, plot.cursor.left < 0 ? null : plot.posToVal(plot.cursor.left, "x"))],
    },
  };
};
