import {
  type DisplayValueAlignmentFactors,
  type FieldDisplay,
  type PanelProps,
  getDisplayValueAlignmentFactors,
} from '@grafana/data';
import { VizOrientation } from '@grafana/schema';
import { defaultOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import {
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  DataLinksContextMenu,
  VizRepeater,
  type VizRepeaterRenderValueProps,
  useTheme2,
} from '@grafana/ui';
import { type SingleOptions, REDUCED, figures, orientationOf } from './displayValues';
import { panelPlugin } from './plugin';

interface Options extends SingleOptions {
  colorMode: BigValueColorMode;
  graphMode: BigValueGraphMode;
  justifyMode: BigValueJustifyMode;
  textMode: BigValueTextMode;
  wideLayout: boolean;
  showPercentChange: boolean;
  percentChangeColorMode: never;
  text?: never;
}

function StatPanel(props: PanelProps<Options>) {
  const theme = useTheme2();
  const { options, width, height, data, renderCounter } = props;
  const values = figures(props, options.graphMode !== BigValueGraphMode.None);

  const figure = ({
    value,
    alignmentFactors,
    width,
    height,
    count,
  }: VizRepeaterRenderValueProps<FieldDisplay, DisplayValueAlignmentFactors>) => {
    const shared = {
      value: value.display,
      count,
      alignmentFactors,
      width,
      height,
      theme,
      colorMode: options.colorMode,
      graphMode: options.graphMode,
      justifyMode: options.justifyMode,
      textMode: textMode(options.textMode, value, values.length),
      text: options.text,
      wideLayout: options.wideLayout,
      percentChangeColorMode: options.percentChangeColorMode,
      sparkline: value.sparkline,
    };
    return value.hasLinks && value.getLinks ? (
      <DataLinksContextMenu links={value.getLinks}>
        {({ openMenu }) => <BigValue {...shared} hasLinks onClick={openMenu} />}
      </DataLinksContextMenu>
    ) : (
      <BigValue {...shared} />
    );
  };

  return (
    <VizRepeater
      getValues={() => values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={figure}
      width={width}
      height={height}
      source={data}
      itemSpacing={3}
      renderCounter={renderCounter}
      autoGrid
      orientation={orientationOf(props)}
    />
  );
}

// One series needs no name, unless its own was given.
function textMode(asked: BigValueTextMode, value: FieldDisplay, count: number): BigValueTextMode {
  if (asked !== BigValueTextMode.Auto) {
    return asked;
  }
  return count === 1 && !value.field.displayName ? BigValueTextMode.Value : BigValueTextMode.ValueAndName;
}

export const stat = panelPlugin<Options>(StatPanel, {
  options: { ...defaultOptions, reduceOptions: REDUCED, orientation: VizOrientation.Auto },
});
