// <day-curve>: lines over time from the JSON inside; forecast dashed, observation solid, typical as a band.
import uPlot from '../vendor/uplot.mjs';

const LEGEND_PX = 46;
const FEW = 8;
const HALF_DAY_S = 43200;
const language = document.documentElement.lang;
const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue(name).trim();

class DayCurve extends HTMLElement {
  #chart = null;
  #watch = null;

  connectedCallback() {
    const data = JSON.parse(this.querySelector('script[type="application/json"]').textContent);
    this.querySelector('.map-note')?.remove();
    this.#chart = new uPlot(this.#options(data), [data.times, ...data.lines.map((line) => line.values)], this);
    this.#watch = new ResizeObserver(() => this.#chart.setSize(this.#size()));
    this.#watch.observe(this);
  }

  disconnectedCallback() {
    this.#watch?.disconnect();
    this.#chart?.destroy();
  }

  #size() {
    return { width: Math.max(240, this.clientWidth - 16), height: Math.max(140, this.clientHeight - LEGEND_PX) };
  }

  #options(data) {
    const zone = this.dataset.zone;
    const band = ['low', 'high'].map((kind) => data.lines.findIndex((line) => line.kind === kind) + 1);
    const now = Date.parse(this.dataset.now) / 1000;
    return {
      ...this.#size(),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      cursor: { y: false, drag: { x: false, y: false } },
      scales: { x: { range: around }, y: { range: (chart, low, high) => [0, Math.max(high ?? 0, data.threshold ?? 0, 1) * 1.05] } },
      series: [
        { label: this.dataset.timeLabel, value: (chart, time) => (time == null ? '–' : moment(time, zone)) },
        ...data.lines.map((line) => series(line, data.unit)),
      ],
      bands: band[0] && band[1] ? [{ series: [band[1], band[0]], fill: 'rgb(95 135 168 / .28)' }] : [],
      axes: [
        { values: (chart, splits, index, space, step) => splits.map((time) => tick(time, step, zone)), ...axis() },
        { values: (chart, splits) => splits.map((value) => value.toLocaleString(language)), ...axis(), size: labelWidth },
      ],
      hooks: {
        draw: [
          (chart) => {
            if (data.threshold != null) level(chart, data.threshold, data.thresholdLabel);
            if (now > chart.scales.x.min && now < chart.scales.x.max) nowLine(chart, now, this.dataset.nowLabel);
          },
        ],
      },
    };
  }
}

// A single value would be stretched over years: it stands in the middle of a day.
function around(chart, low, high) {
  const [only, another] = chart.data[0];
  return only != null && another == null ? [only - HALF_DAY_S, only + HALF_DAY_S] : [low, high];
}

function axis() {
  return {
    stroke: colour('--soft'),
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
    grid: { stroke: '#e3e9ed', width: 1 },
    ticks: { stroke: '#c9d3d9', width: 1 },
  };
}

// As wide as the widest label, with its tick and the gap before it.
function labelWidth(chart, labels, axisIndex) {
  const { ticks, gap, font } = chart.axes[axisIndex];
  if (!labels?.length) return ticks.size + gap;
  chart.ctx.save();
  chart.ctx.font = Array.isArray(font) ? font[0] : font;
  const widest = Math.max(...labels.map((label) => chart.ctx.measureText(label ?? '').width));
  chart.ctx.restore();
  return Math.ceil(widest / devicePixelRatio) + ticks.size + gap + 4;
}

function series(line, unit) {
  const edge = line.kind === 'low' || line.kind === 'high';
  return {
    label: line.label,
    stroke: edge ? '#9db4c5' : colour(line.kind === 'alarm' ? '--alarm' : '--deep'),
    width: edge ? 1 : 2,
    dash: line.kind === 'dashed' ? [6, 5] : undefined,
    // A line of few points would hardly be seen.
    points: { show: line.values.filter((value) => value != null).length <= FEW, size: 6 },
    spanGaps: line.kind === 'dashed',
    value: (chart, value) => (value == null ? '–' : `${value.toLocaleString(language, { maximumFractionDigits: 1 })} ${unit}`),
  };
}

function tick(time, step, zone) {
  const day = step >= 86400 || new Intl.DateTimeFormat('en', { timeZone: zone, hour: 'numeric', hour12: false }).format(time * 1000) === '24';
  const shape = day && step > 3600 * 3 ? { day: 'numeric', month: 'numeric' } : { hour: '2-digit', minute: '2-digit' };
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { timeZone: zone, ...shape }).format(time * 1000);
}

function moment(time, zone) {
  const shape = { timeZone: zone, weekday: 'short', day: 'numeric', month: 'numeric', hour: '2-digit', minute: '2-digit' };
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, shape).format(time * 1000);
}

function level(chart, value, words) {
  const y = chart.valToPos(value, 'y', true);
  rule(chart, chart.bbox.left, y, chart.bbox.left + chart.bbox.width, y);
  write(chart, words, chart.bbox.left + 6 * devicePixelRatio, y - 4 * devicePixelRatio);
}

function nowLine(chart, time, words) {
  const x = chart.valToPos(time, 'x', true);
  rule(chart, x, chart.bbox.top, x, chart.bbox.top + chart.bbox.height);
  const left = x < chart.bbox.left + chart.bbox.width * 0.85;
  write(chart, words, x + (left ? 4 : -4) * devicePixelRatio, chart.bbox.top + 12 * devicePixelRatio, left ? 'left' : 'right');
}

function rule(chart, x1, y1, x2, y2) {
  const { ctx } = chart;
  ctx.save();
  ctx.strokeStyle = colour('--edge');
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
  ctx.restore();
}

function write(chart, words, x, y, align = 'left') {
  const { ctx } = chart;
  ctx.save();
  ctx.fillStyle = colour('--soft');
  ctx.textAlign = align;
  ctx.textBaseline = 'alphabetic';
  ctx.font = `${12 * devicePixelRatio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.fillText(words, x, y);
  ctx.restore();
}

customElements.define('day-curve', DayCurve);
