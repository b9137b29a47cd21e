import {
  type DataFrame,
  FieldColorModeId,
  FieldConfigProperty,
  FieldType,
  type PanelProps,
} from '@grafana/data';
import type { OptionsWithLegend } from '@grafana/schema';
import { TimeSeries } from '@grafana/ui';
import { useMemo } from 'react';
import { Annotations } from './Annotations';
import { Empty } from './Empty';
import { LEGEND, panelPlugin } from './plugin';

type Options = OptionsWithLegend;

function TimeSeriesPanel(props: PanelProps<Options>) {
  const { data, options, width, height, timeRange, timeZone, fieldConfig } = props;
  const frames = useMemo(() => graphable(data.series), [data.series]);
  if (!frames.length) {
    return <Empty fieldConfig={fieldConfig} />;
  }
  return (
    <TimeSeries
      frames={frames}
      structureRev={data.structureRev}
      timeRange={timeRange}
      timeZone={timeZone}
      width={width}
      height={height}
      legend={options.legend}
      options={options}
    >
      {(config) => <Annotations config={config} frames={data.annotations ?? []} />}
    </TimeSeries>
  );
}

/** The frames with a time and a number; each series with its gaps and its place in the palette. */
function graphable(series: DataFrame[]): DataFrame[] {
  let index = 0;
  return series
    .filter((frame) => frame.length > 0 && has(frame, FieldType.time) && has(frame, FieldType.number))
    .map(withGaps)
    .map((frame) => ({
      ...frame,
      fields: frame.fields.map((field) =>
        field.type === FieldType.number
          ? { ...field, state: { ...field.state, seriesIndex: index++ } }
          : field
      ),
    }));
}

/** The frame with a null wherever a point is missing; the chart would add them to its first series only. */
function withGaps(frame: DataFrame): DataFrame {
  const time = frame.fields.find((field) => field.type === FieldType.time)!;
  const step = time.config.interval ?? Infinity;
  const rows: Array<[at: number, row: number | null]> = [];
  time.values.forEach((at: number, row) => {
    for (let missing = (rows.at(-1)?.[0] ?? at) + step; missing < at; missing += step) {
      rows.push([missing, null]);
    }
    rows.push([at, row]);
  });
  return {
    ...frame,
    length: rows.length,
    fields: frame.fields.map((field) => ({
      ...field,
      values: rows.map(([at, row]) => (field === time ? at : row === null ? null : field.values[row])),
      state: field === time ? { ...field.state, nullThresholdApplied: true } : field.state,
    })),
  };
}

function has(frame: DataFrame, type: FieldType): boolean {
  return frame.fields.some((field) => field.type === type);
}

export const timeseries = panelPlugin<Options>(TimeSeriesPanel, {
  annotations: true,
  options: { legend: LEGEND },
  custom: {
    drawStyle: 'line',
    lineInterpolation: 'linear',
    lineWidth: 1,
    lineStyle: { fill: 'solid' },
    fillOpacity: 0,
    fillBelowTo: undefined,
    gradientMode: 'none',
    barAlignment: 0,
    barWidthFactor: 0.6,
    showPoints: 'auto',
    pointSize: 5,
    spanNulls: false,
    insertNulls: false,
    stacking: { mode: 'none', group: 'A' },
    transform: undefined,
    scaleDistribution: { type: 'linear' },
    thresholdsStyle: { mode: 'off' },
    axisPlacement: 'auto',
    axisLabel: '',
    axisColorMode: 'text',
    axisBorderShow: false,
    axisGridShow: undefined,
    axisCenteredZero: false,
    axisSoftMin: undefined,
    axisSoftMax: undefined,
    axisWidth: undefined,
  },
  standard: { [FieldConfigProperty.Color]: { defaultValue: { mode: FieldColorModeId.PaletteClassic } } },
});
