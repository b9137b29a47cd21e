// What Grafana's server does with the queries of a Prometheus data source: steps, $__rate_interval, data frames.
import { type DataFrameJSON, FieldType } from '@grafana/data';

/** A query as @grafana/prometheus posts it to /api/ds/query. */
interface Query {
  refId: string;
  expr: string;
  instant?: boolean;
  interval?: string;
  intervalMs?: number;
  maxDataPoints?: number;
  legendFormat?: string;
  utcOffsetSec?: number;
}

interface Series {
  metric: Record<string, string>;
  value?: [number, string];
  values?: Array<[number, string]>;
}

const MOST_POINTS = 11000;
const UNITS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31536000 };
/** Steps that Grafana rounds to, each up to the given length, in seconds. */
const ROUNDED: Array<[upTo: number, step: number]> = [
  [1.5, 1],
  [3.5, 2],
  [7.5, 5],
  [12.5, 10],
  [17.5, 15],
  [25, 20],
  [45, 30],
  [90, 60],
  [210, 120],
  [450, 300],
  [750, 600],
  [1050, 900],
  [1500, 1200],
  [2700, 1800],
  [5400, 3600],
  [9000, 7200],
  [16200, 10800],
  [32400, 21600],
  [86400, 43200],
  [604800, 86400],
  [1814400, 604800],
  [3628800, 2592000],
];

export interface Prometheus {
  url: string;
  /** Seconds between two scrapes, as the data source's settings have it. */
  scrapeInterval: number;
}

/** Answers one query with the frames that Grafana's server would make of it. */
export async function frames(
  prometheus: Prometheus,
  query: Query,
  from: number,
  to: number
): Promise<DataFrameJSON[]> {
  const step = stepOf(query, to - from, prometheus.scrapeInterval);
  const expr = fillIn(query.expr, step, to - from, prometheus.scrapeInterval);
  const offset = query.utcOffsetSec ?? 0;
  const aligned = (time: number) => Math.floor((time + offset) / step) * step - offset;
  const result = query.instant
    ? await ask(prometheus, 'query', { query: expr, time: String(to) })
    : await ask(prometheus, 'query_range', {
        query: expr,
        start: String(aligned(from)),
        end: String(aligned(to)),
        step: String(step),
      });
  if (result.resultType === 'scalar') {
    return [frame(query, expr, step, 'scalar', { metric: {}, value: result.result })];
  }
  return result.result.map((series: Series) => frame(query, expr, step, result.resultType, series));
}

async function ask(prometheus: Prometheus, path: string, parameters: Record<string, string>) {
  const response = await fetch(`${prometheus.url}/api/v1/${path}`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
  });
  const answer = await response.json();
  if (answer.status !== 'success') {
    throw new Error(`${answer.errorType}: ${answer.error}`);
  }
  return answer.data;
}

/** Seconds between two points of a range query. */
export function stepOf(query: Query, range: number, scrapeInterval: number): number {
  const floor = query.interval ? (seconds(query.interval) ?? scrapeInterval) : scrapeInterval;
  const wanted = range / (query.maxDataPoints || 100);
  const rounded = ROUNDED.find(([upTo]) => wanted <= upTo)?.[1] ?? 31536000;
  const safe = range / MOST_POINTS;
  return Math.max(rounded, floor, safe > rounded ? Math.ceil(safe) : 0);
}

/** The expression with the variables that Grafana leaves to its server. */
export function fillIn(expr: string, step: number, range: number, scrapeInterval: number): string {
  const rate = Math.max(step + scrapeInterval, 4 * scrapeInterval);
  const values: Record<string, string> = {
    __interval_ms: String(step * 1000),
    __interval: `${step}s`,
    __range_ms: String(Math.round(range * 1000)),
    __range_s: String(Math.round(range)),
    __range: `${Math.round(range)}s`,
    __rate_interval_ms: String(rate * 1000),
    __rate_interval: `${rate}s`,
  };
  return expr.replace(
    /\$\{?(__(?:rate_)?(?:interval|range)(?:_ms|_s)?)\b\}?/g,
    (text, name) => values[name] ?? text
  );
}

function seconds(duration: string): number | undefined {
  const match = /^>?\s*(\d+(?:\.\d+)?)\s*(ms|[smhdwy])$/.exec(duration.trim());
  return match ? Number(match[1]) * UNITS[match[2]] : undefined;
}

function frame(query: Query, expr: string, step: number, resultType: string, series: Series): DataFrameJSON {
  const points = series.values ?? (series.value ? [series.value] : []);
  const { __name__: name, ...labels } = series.metric;
  const legend = legendOf(query, expr, series.metric);
  return {
    schema: {
      refId: query.refId,
      name: legend || undefined,
      meta: { custom: { resultType }, executedQueryString: `Expr: ${expr}\nStep: ${step}s` },
      fields: [
        { name: 'Time', type: FieldType.time, config: { interval: step * 1000 } },
        {
          name: resultType === 'vector' && name ? name : 'Value',
          type: FieldType.number,
          labels: query.legendFormat === '__auto' || !name ? labels : series.metric,
          config: { displayNameFromDS: legend || undefined },
        },
      ],
    },
    data: {
      values: [points.map(([time]) => time * 1000), points.map(([, value]) => number(value))],
    },
  };
}

// A NaN is a gap to Grafana as well.
function number(value: string): number | null {
  const parsed = value.endsWith('Inf') ? (value.startsWith('-') ? -Infinity : Infinity) : Number(value);
  return Number.isNaN(parsed) ? null : parsed;
}

function legendOf(query: Query, expr: string, metric: Record<string, string>): string {
  const { __name__: name = '', ...labels } = metric;
  if (query.legendFormat === '__auto') {
    return Object.keys(labels).length ? '' : name || expr;
  }
  if (query.legendFormat) {
    return query.legendFormat.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label) => metric[label] ?? '');
  }
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length ? `${name}{${pairs.join(', ')}}` : name || expr;
}
