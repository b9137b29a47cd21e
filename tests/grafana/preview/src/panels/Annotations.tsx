// Vertical lines for moments and shades for periods, over a chart.
import { type DataFrame, colorManipulator } from '@grafana/data';
import { type UPlotConfigBuilder, useTheme2 } from '@grafana/ui';
import { useLayoutEffect, useRef } from 'react';
import type uPlot from 'uplot';

const DASH = [5, 5];
const MARK = 6;
const SHADE = 0.1;

interface Props {
  config: UPlotConfigBuilder;
  frames: DataFrame[];
}

export function Annotations({ config, frames }: Props) {
  const theme = useTheme2();
  const shown = useRef(frames);
  const plots = useRef(new Set<uPlot>());
  useLayoutEffect(() => {
    config.addHook('init', (plot) => plots.current.add(plot));
    config.addHook('destroy', (plot) => plots.current.delete(plot));
    config.addHook('draw', (plot) => {
      for (const frame of shown.current) {
        draw(plot, frame, (name) => theme.visualization.getColorByName(name));
      }
    });
  }, [config, theme]);
  // They come when the chart is drawn already.
  useLayoutEffect(() => {
    shown.current = frames;
    plots.current.forEach((plot) => plot.redraw(false));
  }, [frames]);
  return null;
}

function draw(plot: uPlot, frame: DataFrame, colorOf: (name: string) => string): void {
  const { ctx, bbox } = plot;
  const column = (name: string) => frame.fields.find((field) => field.name === name)?.values ?? [];
  const [times, ends, colors] = [column('time'), column('timeEnd'), column('color')];
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height + MARK * devicePixelRatio);
  ctx.clip();
  times.forEach((time: number, row: number) => {
    const color = colorOf(colors[row] ?? 'red');
    const from = plot.valToPos(time, 'x', true);
    const to = ends[row] > time ? plot.valToPos(ends[row], 'x', true) : from;
    ctx.fillStyle = colorManipulator.alpha(color, SHADE);
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
    ctx.strokeStyle = ctx.fillStyle = color;
    line(ctx, from, bbox);
    if (to > from) {
      line(ctx, to, bbox);
      ctx.fillRect(from, bbox.top + bbox.height, to - from, MARK * devicePixelRatio);
    } else {
      mark(ctx, from, bbox.top + bbox.height);
    }
  });
  ctx.restore();
}

function line(ctx: CanvasRenderingContext2D, x: number, bbox: uPlot.BBox): void {
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(DASH.map((length) => length * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
}

function mark(ctx: CanvasRenderingContext2D, x: number, y: number): void {
  const size = MARK * devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x - size, y + size);
  ctx.lineTo(x + size, y + size);
  ctx.fill();
}
