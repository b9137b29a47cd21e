// One bar a series, in the colour of its value, from one change to the next.
import {
  type DataFrame,
  type DisplayValue,
  type Field,
  FieldType,
  type PanelProps,
  formattedValueToString,
  getDisplayProcessor,
  getFieldDisplayName,
} from '@grafana/data';
import type { OptionsWithLegend } from '@grafana/schema';
import { defaultOptions } from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import { UPlotChart, VizLayout, VizLegend, type VizLegendItem, useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import type uPlot from 'uplot';
import { Annotations } from './Annotations';
import { Empty } from './Empty';
import { canvasChart } from './canvasChart';
import { LEGEND, panelPlugin } from './plugin';

interface Options extends OptionsWithLegend {
  mergeValues: boolean;
  rowHeight: number;
  showValue: 'auto' | 'always' | 'never';
}

interface Span {
  from: number;
  to: number;
  display: DisplayValue;
}

const PADDING = 4;

function StateTimelinePanel(props: PanelProps<Options>) {
  const { data, options, width, height, timeRange, timeZone, fieldConfig } = props;
  const theme = useTheme2();
  const chart = useMemo(() => {
    const rows = data.series.flatMap((frame) => rowsOf(frame, data.series, options.mergeValues)).reverse();
    const config = canvasChart({
      theme,
      timeZone,
      timeRange,
      rows: rows.length,
      ticks: rows.map((_, row) => row + 0.5),
      labels: rows.map(({ name }) => name),
      grid: false,
      axisWidth: fieldConfig.defaults.custom?.axisWidth,
      paint: (plot) => rows.forEach(({ spans }, row) => paint(plot, row, spans, options, theme)),
    });
    const bounds = [timeRange.from.valueOf(), timeRange.to.valueOf()];
    return { rows, config, data: [bounds, [0, 0]] as uPlot.AlignedData };
  }, [data.series, options, theme, timeRange, timeZone, fieldConfig]);
  if (!chart.rows.length) {
    return <Empty fieldConfig={fieldConfig} />;
  }
  const { showLegend, placement } = options.legend;
  const legend = showLegend ? (
    <VizLayout.Legend placement={placement}>
      <VizLegend
        items={legendOf(chart.rows.flatMap(({ spans }) => spans))}
        placement={placement}
        displayMode={'list' as never}
      />
    </VizLayout.Legend>
  ) : null;
  return (
    <VizLayout width={width} height={height} legend={legend}>
      {(width, height) => (
        <UPlotChart config={chart.config} data={chart.data} width={width} height={height}>
          <Annotations config={chart.config} frames={data.annotations ?? []} />
        </UPlotChart>
      )}
    </VizLayout>
  );
}

function rowsOf(frame: DataFrame, all: DataFrame[], merge: boolean): Array<{ name: string; spans: Span[] }> {
  const times = frame.fields.find((field) => field.type === FieldType.time)?.values ?? [];
  const step = Math.min(...times.slice(1).map((time, index) => time - times[index]));
  return frame.fields
    .filter((field) => field.type !== FieldType.time && times.length > 0)
    .map((field) => ({
      name: getFieldDisplayName(field, frame, all),
      spans: spansOf(field, times, step, merge),
    }));
}

function spansOf(field: Field, times: number[], step: number, merge: boolean): Span[] {
  const display = field.display ?? getDisplayProcessor({ field });
  const spans: Span[] = [];
  times.forEach((from, index) => {
    const value = field.values[index];
    if (value === null || value === undefined) {
      return;
    }
    const to = Math.min(times[index + 1] ?? from + step, from + step);
    const last = spans.at(-1);
    const shown = display(value);
    if (
      merge &&
      last?.to === from &&
      last.display.text === shown.text &&
      last.display.color === shown.color
    ) {
      last.to = to;
    } else {
      spans.push({ from, to, display: shown });
    }
  });
  return spans;
}

function paint(
  plot: uPlot,
  row: number,
  spans: Span[],
  options: Options,
  theme: ReturnType<typeof useTheme2>
): void {
  const { ctx } = plot;
  const height = Math.abs(plot.valToPos(0, 'y', true) - plot.valToPos(1, 'y', true)) * options.rowHeight;
  const middle = plot.valToPos(row + 0.5, 'y', true);
  ctx.font = `${12 * devicePixelRatio}px ${theme.typography.fontFamily}`;
  ctx.textBaseline = 'middle';
  for (const { from, to, display } of spans) {
    const left = Math.max(plot.valToPos(from, 'x', true), plot.bbox.left);
    const width = plot.valToPos(to, 'x', true) - left;
    const text = formattedValueToString(display);
    ctx.fillStyle = display.color ?? theme.colors.text.disabled;
    ctx.fillRect(left, middle - height / 2, width, height);
    const fits = ctx.measureText(text).width + 2 * PADDING < width;
    if (options.showValue === 'always' || (options.showValue === 'auto' && fits)) {
      ctx.fillStyle = theme.colors.getContrastText(display.color ?? theme.colors.background.primary);
      ctx.fillText(text, left + PADDING, middle);
    }
  }
}

function legendOf(spans: Span[]): VizLegendItem[] {
  const colors = new Map(spans.map(({ display }) => [formattedValueToString(display), display.color]));
  return [...colors].map(([label, color]) => ({ label, color, yAxis: 1 }));
}

export const stateTimeline = panelPlugin<Options>(StateTimelinePanel, {
  annotations: true,
  options: { ...defaultOptions, legend: LEGEND },
  custom: { axisWidth: undefined },
});
