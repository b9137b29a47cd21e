import { type DataFrame, type PanelProps, cacheFieldDisplayNames, getFrameDisplayName } from '@grafana/data';
import type { TableCellHeight, TableSortByFieldState } from '@grafana/schema';
import { Combobox } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { useState } from 'react';
import { Empty } from './Empty';
import { panelPlugin } from './plugin';

interface Options {
  frameIndex: number;
  showHeader: boolean;
  showTypeIcons: boolean;
  sortBy?: TableSortByFieldState[];
  cellHeight?: TableCellHeight;
  enablePagination?: boolean;
}

const CHOICE_HEIGHT = 40;

function TablePanel({
  data,
  options,
  width,
  height,
  fieldConfig,
  timeRange,
  transparent,
}: PanelProps<Options>) {
  const [chosen, choose] = useState(options.frameIndex);
  const frames = data.series;
  cacheFieldDisplayNames(frames);
  const shown: DataFrame | undefined = frames[chosen] ?? frames[0];
  if (!shown?.fields.length || shown.length === 0) {
    return <Empty fieldConfig={fieldConfig} />;
  }
  const several = frames.length > 1;
  return (
    <div style={{ display: 'flex', flexDirection: 'column', height: '100%' }}>
      <TableNG
        data={shown}
        width={width}
        height={several ? height - CHOICE_HEIGHT : height}
        noHeader={!options.showHeader}
        showTypeIcons={options.showTypeIcons}
        initialSortBy={options.sortBy}
        enablePagination={options.enablePagination}
        cellHeight={options.cellHeight}
        structureRev={data.structureRev}
        timeRange={timeRange}
        fieldConfig={fieldConfig}
        transparent={transparent}
        resizable
      />
      {several && (
        <Combobox
          options={frames.map((frame, value) => ({ label: getFrameDisplayName(frame), value }))}
          value={chosen}
          onChange={({ value }) => choose(value)}
        />
      )}
    </div>
  );
}

export const table = panelPlugin<Options>(TablePanel, {
  options: { frameIndex: 0, showHeader: true, showTypeIcons: false },
  custom: {
    align: 'auto',
    cellOptions: { type: 'auto' },
    displayMode: undefined,
    filterable: false,
    footer: undefined,
    hidden: undefined,
    inspect: false,
    minWidth: undefined,
    tooltip: undefined,
    width: undefined,
    wrapHeaderText: false,
    wrapText: false,
  },
});
