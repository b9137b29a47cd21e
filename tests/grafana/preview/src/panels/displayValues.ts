// Values of a panel that shows one figure a series.
import {
  type FieldDisplay,
  type PanelProps,
  type ReduceDataOptions,
  getFieldDisplayValues,
} from '@grafana/data';
import { VizOrientation } from '@grafana/schema';
import { config } from '@grafana/runtime';

export interface SingleOptions {
  reduceOptions: ReduceDataOptions;
  orientation: VizOrientation;
}

export const REDUCED: ReduceDataOptions = { values: false, calcs: ['lastNotNull'] };

/** The figures, reduced as the options say. */
export function figures(
  {
    data,
    options,
    fieldConfig,
    replaceVariables,
    timeZone,
  }: Omit<PanelProps<SingleOptions>, 'onOptionsChange'>,
  sparkline: boolean
): FieldDisplay[] {
  return getFieldDisplayValues({
    fieldConfig,
    reduceOptions: { ...REDUCED, ...options.reduceOptions },
    replaceVariables,
    theme: config.theme2,
    data: data.series,
    sparkline,
    timeZone,
  });
}

/** Where figures go side by side: along the longer side, if left to the panel. */
export function orientationOf({
  options,
  width,
  height,
}: Pick<PanelProps<SingleOptions>, 'options' | 'width' | 'height'>): VizOrientation {
  if (options.orientation && options.orientation !== VizOrientation.Auto) {
    return options.orientation;
  }
  return width > height ? VizOrientation.Vertical : VizOrientation.Horizontal;
}
