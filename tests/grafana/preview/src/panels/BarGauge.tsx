import {
  type DisplayValueAlignmentFactors,
  type FieldDisplay,
  type PanelProps,
  getDisplayValueAlignmentFactors,
} from '@grafana/data';
import {
  BarGaugeDisplayMode,
  BarGaugeNamePlacement,
  BarGaugeSizing,
  BarGaugeValueMode,
  VizOrientation,
} from '@grafana/schema';
import { defaultOptions } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import { BarGauge, VizRepeater, type VizRepeaterRenderValueProps, useTheme2 } from '@grafana/ui';
import { Empty } from './Empty';
import { type SingleOptions, REDUCED, figures, orientationOf } from './displayValues';
import { panelPlugin } from './plugin';

interface Options extends SingleOptions {
  displayMode: BarGaugeDisplayMode;
  valueMode: BarGaugeValueMode;
  namePlacement: BarGaugeNamePlacement;
  sizing: BarGaugeSizing;
  showUnfilled: boolean;
  minVizWidth: number;
  minVizHeight: number;
  maxVizHeight: number;
  text?: never;
}

function BarGaugePanel(props: PanelProps<Options>) {
  const theme = useTheme2();
  const { options, width, height, data, renderCounter, fieldConfig } = props;
  const orientation = orientationOf(props);
  const manual = options.sizing === BarGaugeSizing.Manual;
  if (!data.series.some((frame) => frame.length > 0)) {
    return <Empty fieldConfig={fieldConfig} />;
  }
  const bar = ({
    value,
    alignmentFactors,
    orientation,
    width,
    height,
    count,
  }: VizRepeaterRenderValueProps<FieldDisplay, DisplayValueAlignmentFactors>) => (
    <BarGauge
      value={count === 1 && !value.field.displayName ? { ...value.display, title: undefined } : value.display}
      field={value.field}
      display={value.view?.getFieldDisplayProcessor(value.colIndex!)}
      alignmentFactors={alignmentFactors}
      width={width}
      height={height}
      orientation={orientation}
      theme={theme}
      itemSpacing={options.displayMode === BarGaugeDisplayMode.Lcd ? 2 : 10}
      lcdCellWidth={12}
      displayMode={options.displayMode}
      valueDisplayMode={options.valueMode}
      namePlacement={options.namePlacement}
      showUnfilled={options.showUnfilled}
      text={options.text}
    />
  );
  return (
    <VizRepeater
      getValues={() => figures(props, false)}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={bar}
      width={width}
      height={height}
      source={data}
      renderCounter={renderCounter}
      minVizWidth={orientation === VizOrientation.Vertical ? (manual ? options.minVizWidth : 8) : undefined}
      minVizHeight={
        orientation === VizOrientation.Horizontal ? (manual ? options.minVizHeight : 16) : undefined
      }
      maxVizHeight={manual ? options.maxVizHeight : 300}
      itemSpacing={10}
      orientation={orientation}
    />
  );
}

export const bargauge = panelPlugin<Options>(BarGaugePanel as never, {
  options: { ...defaultOptions, reduceOptions: REDUCED, orientation: VizOrientation.Auto },
});
