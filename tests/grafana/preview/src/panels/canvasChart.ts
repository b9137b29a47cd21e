// The frame of a chart that a panel paints itself: time along the bottom, rows along the left.
import { type GrafanaTheme2, type TimeRange } from '@grafana/data';
import { AxisPlacement, ScaleDirection, ScaleOrientation } from '@grafana/schema';
import { UPlotConfigBuilder } from '@grafana/ui';
import type uPlot from 'uplot';

interface Chart {
  theme: GrafanaTheme2;
  timeZone: string;
  timeRange: TimeRange;
  /** What the y axis ends with; it begins with 0. */
  rows: number;
  /** Where the y axis has its labels. */
  ticks: number[];
  labels: string[];
  grid: boolean;
  axisWidth?: number;
  paint: (plot: uPlot) => void;
}

/** The configuration; the chart's data are `[times, zeros]`. */
export function canvasChart({
  theme,
  timeZone,
  timeRange,
  rows,
  ticks,
  labels,
  grid,
  axisWidth,
  paint,
}: Chart) {
  const config = new UPlotConfigBuilder(timeZone);
  config.addScale({
    scaleKey: 'x',
    isTime: true,
    orientation: ScaleOrientation.Horizontal,
    direction: ScaleDirection.Right,
    range: () => [timeRange.from.valueOf(), timeRange.to.valueOf()],
  });
  config.addScale({
    scaleKey: 'y',
    orientation: ScaleOrientation.Vertical,
    direction: ScaleDirection.Up,
    range: () => [0, rows],
  });
  config.addAxis({ scaleKey: 'x', isTime: true, placement: AxisPlacement.Bottom, timeZone, theme });
  config.addAxis({
    scaleKey: 'y',
    placement: AxisPlacement.Left,
    splits: ticks,
    values: labels,
    grid: { show: grid },
    ticks: { show: false },
    size: axisWidth,
    theme,
  });
  config.addSeries({
    scaleKey: 'y',
    theme,
    pathBuilder: () => null,
    pointsBuilder: () => undefined,
  } as never);
  config.addHook('draw', (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    paint(plot);
    ctx.restore();
  });
  return config;
}
