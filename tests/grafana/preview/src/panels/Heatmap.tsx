// Buckets over time, each cell as dark as it is full. Rows that Prometheus counted only: nothing is calculated here.
import {
  DataFrameType,
  type Field,
  FieldType,
  type PanelProps,
  formattedValueToString,
  getValueFormat,
} from '@grafana/data';
import { defaultOptions } from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import { UPlotChart, VizLayout, useTheme2 } from '@grafana/ui';
import * as schemes from 'd3-scale-chromatic';
import { useMemo } from 'react';
import type uPlot from 'uplot';
import { Annotations } from './Annotations';
import { Empty } from './Empty';
import { canvasChart } from './canvasChart';
import { panelPlugin } from './plugin';

interface Options {
  calculate?: boolean;
  cellGap: number;
  cellValues: { unit?: string; decimals?: number };
  color: { scheme: string; steps: number; reverse: boolean; min?: number; max?: number };
  filterValues: { le?: number };
  legend: { show: boolean };
  yAxis: { unit?: string; decimals?: number; axisWidth?: number };
}

/** Schemes that go from dark to light on a dark page. */
const TURNED_IN_THE_DARK = new Set([
  'Oranges',
  'Greens',
  'Blues',
  'Reds',
  'Purples',
  'Greys',
  'BuGn',
  'BuPu',
  'GnBu',
  'OrRd',
  'PuBu',
  'PuBuGn',
  'PuRd',
  'RdPu',
  'YlGn',
  'YlGnBu',
  'YlOrBr',
  'YlOrRd',
]);

function HeatmapPanel({
  data,
  options,
  width,
  height,
  timeRange,
  timeZone,
  fieldConfig,
}: PanelProps<Options>) {
  const theme = useTheme2();
  const chart = useMemo(() => {
    const frame = data.series.find((frame) => frame.meta?.type === DataFrameType.HeatmapRows);
    const rows = frame?.fields.filter((field) => field.type === FieldType.number) ?? [];
    const times = frame?.fields.find((field) => field.type === FieldType.time)?.values ?? [];
    if (options.calculate || rows.length === 0 || times.length === 0) {
      return undefined;
    }
    const colors = palette(options.color, theme.isDark);
    const [min, max] = extremes(rows, options);
    const colorOf = (value: number) =>
      colors[Math.min(colors.length - 1, Math.floor((colors.length * (value - min)) / (max - min || 1)))];
    const format = getValueFormat(options.yAxis.unit ?? 'none');
    const config = canvasChart({
      theme,
      timeZone,
      timeRange,
      rows: rows.length,
      ticks: rows.map((_, row) => row + 1),
      labels: rows.map(({ name }) =>
        boundary(name, (le) => formattedValueToString(format(le, options.yAxis.decimals)))
      ),
      grid: false,
      axisWidth: options.yAxis.axisWidth,
      paint: (plot) => paint(plot, times, rows, { ...options, colorOf }),
    });
    return { config, data: [times, times.map(() => 0)] as uPlot.AlignedData, colors, min, max };
  }, [data.series, options, theme, timeRange, timeZone]);
  if (!chart) {
    return <Empty fieldConfig={fieldConfig} />;
  }
  return (
    <VizLayout width={width} height={height} legend={options.legend.show ? scale(chart, options) : null}>
      {(width, height) => (
        <UPlotChart config={chart.config} data={chart.data} width={width} height={height}>
          <Annotations config={chart.config} frames={data.annotations ?? []} />
        </UPlotChart>
      )}
    </VizLayout>
  );
}

function boundary(name: string, format: (le: number) => string): string {
  return /inf/i.test(name) ? '+Inf' : format(Number(name));
}

function palette({ scheme, steps, reverse }: Options['color'], dark: boolean): string[] {
  const interpolate = (schemes as unknown as Record<string, (at: number) => string>)[`interpolate${scheme}`];
  const turned = reverse !== (dark && TURNED_IN_THE_DARK.has(scheme));
  return Array.from({ length: steps }, (_, step) =>
    interpolate(turned ? 1 - step / (steps - 1) : step / (steps - 1))
  );
}

function extremes(rows: Field[], { color, filterValues }: Options): [number, number] {
  const shown = rows.flatMap((row) => row.values.filter((value) => isShown(value, filterValues)));
  return [color.min ?? Math.min(...shown), color.max ?? Math.max(...shown)];
}

function isShown(value: number | null, { le = -Infinity }: Options['filterValues']): value is number {
  return value !== null && value > le;
}

function paint(
  plot: uPlot,
  times: number[],
  rows: Field[],
  { cellGap, filterValues, colorOf }: Options & { colorOf: (value: number) => string }
): void {
  const step = Math.min(...times.slice(1).map((time, index) => time - times[index]));
  const gap = cellGap * devicePixelRatio;
  rows.forEach((row, index) => {
    const [bottom, top] = [plot.valToPos(index, 'y', true), plot.valToPos(index + 1, 'y', true)];
    row.values.forEach((value: number | null, column: number) => {
      if (isShown(value, filterValues)) {
        const left = Math.round(plot.valToPos(times[column] - step / 2, 'x', true));
        const right = Math.round(plot.valToPos(times[column] + step / 2, 'x', true));
        plot.ctx.fillStyle = colorOf(value);
        plot.ctx.fillRect(
          left,
          Math.round(top),
          Math.max(right - left - gap, 1),
          Math.round(bottom - top - gap)
        );
      }
    });
  });
}

// No component: the layout reads the legend's own properties.
function scale({ colors, min, max }: { colors: string[]; min: number; max: number }, options: Options) {
  const format = getValueFormat(options.cellValues.unit ?? 'short');
  const text = (value: number) => formattedValueToString(format(value, options.cellValues.decimals));
  return (
    <VizLayout.Legend placement="bottom">
      <div style={{ maxWidth: 300, margin: '0 8px 4px' }}>
        <div style={{ height: 8, background: `linear-gradient(90deg, ${colors.join()})` }} />
        <div style={{ display: 'flex', justifyContent: 'space-between', fontSize: 12 }}>
          <span>{text(min)}</span>
          <span>{text(max)}</span>
        </div>
      </div>
    </VizLayout.Legend>
  );
}

export const heatmap = panelPlugin<Options>(HeatmapPanel, {
  annotations: true,
  options: { ...defaultOptions, yAxis: {} },
  custom: { scaleDistribution: { type: 'linear' } },
});
