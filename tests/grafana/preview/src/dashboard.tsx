// Dashboard JSON, as Grafana loads it, to a scene.
import type { AnnotationQuery, DataTransformerConfig } from '@grafana/data';
import {
  SceneDataLayerSet,
  type SceneDataProvider,
  type SceneDataQuery,
  SceneDataTransformer,
  SceneGridItem,
  type SceneGridItemLike,
  SceneGridLayout,
  SceneGridRow,
  SceneQueryRunner,
  SceneRefreshPicker,
  SceneTimePicker,
  SceneTimeRange,
  SceneVariableSet,
  VariableValueSelectors,
  VizPanel,
  behaviors,
  dataLayers,
} from '@grafana/scenes';
import type { DataSourceRef, Panel } from '@grafana/schema';
import { type DashboardLink, PanelLinks } from './links';
import { DashboardPage } from './page';
import { type VariableJson, toVariable } from './variables';

type PanelJson = Panel & { panels?: PanelJson[]; collapsed?: boolean };

export interface Dashboard {
  uid: string;
  title: string;
  tags?: string[];
  time?: { from: string; to: string };
  timezone?: string;
  refresh?: string;
  graphTooltip?: number;
  links?: DashboardLink[];
  panels: PanelJson[];
  templating?: { list?: VariableJson[] };
  annotations?: { list?: AnnotationQuery[] };
}

/** The scene of one dashboard; the others are what its links by tag lead to. */
export function toScene(dashboard: Dashboard, others: Dashboard[], openRows: boolean): DashboardPage {
  const layers = (dashboard.annotations?.list ?? []).filter(isQuery).map(toLayer);
  return new DashboardPage({
    dashboard,
    others,
    $timeRange: new SceneTimeRange({
      from: dashboard.time?.from ?? 'now-6h',
      to: dashboard.time?.to ?? 'now',
      timeZone: dashboard.timezone || 'browser',
    }),
    $variables: new SceneVariableSet({ variables: (dashboard.templating?.list ?? []).map(toVariable) }),
    $data: new SceneDataLayerSet({ layers }),
    $behaviors: [new behaviors.CursorSync({ sync: dashboard.graphTooltip ?? 0 })],
    controls: [new VariableValueSelectors({}), ...layers.filter(({ state }) => !state.isHidden)],
    timePicker: new SceneTimePicker({}),
    refreshPicker: new SceneRefreshPicker({ refresh: dashboard.refresh || undefined }),
    body: new SceneGridLayout({ children: toGrid(dashboard.panels, openRows) }),
  });
}

// Grafana's built-in layer shows what people noted in Grafana itself.
function isQuery(annotation: AnnotationQuery): boolean {
  return annotation.datasource?.uid !== '-- Grafana --';
}

function toLayer(query: AnnotationQuery): dataLayers.AnnotationsDataLayer {
  return new dataLayers.AnnotationsDataLayer({
    name: query.name,
    query,
    isEnabled: Boolean(query.enable),
    isHidden: Boolean(query.hide),
  });
}

/** The panels; those that follow an open row belong to it. */
function toGrid(panels: PanelJson[], openRows: boolean): SceneGridItemLike[] {
  const items: SceneGridItemLike[] = [];
  let row: SceneGridRow | undefined;
  let shift = 0;
  for (const panel of panels) {
    if (panel.type !== 'row') {
      const item = toItem(panel, shift);
      if (row) {
        row.setState({ children: [...row.state.children, item] });
      } else {
        items.push(item);
      }
      continue;
    }
    const inside = (panel.panels ?? []).map((child) => toItem(child, shift));
    row = new SceneGridRow({
      key: `panel-${panel.id}`,
      title: panel.title ?? '',
      isCollapsed: Boolean(panel.collapsed) && !openRows,
      y: (panel.gridPos?.y ?? 0) + shift,
      children: inside,
    });
    items.push(row);
    if (panel.collapsed) {
      shift += openRows ? heightOf(panel.panels ?? []) : 0;
      row = undefined;
    }
  }
  return items;
}

function heightOf(panels: PanelJson[]): number {
  const bottoms = panels.map(({ gridPos }) => (gridPos ? gridPos.y + gridPos.h : 0));
  const tops = panels.map(({ gridPos }) => gridPos?.y ?? 0);
  return panels.length ? Math.max(...bottoms) - Math.min(...tops) : 0;
}

function toItem(panel: PanelJson, shift: number): SceneGridItem {
  const { x, y, w, h } = panel.gridPos ?? { x: 0, y: 0, w: 12, h: 8 };
  return new SceneGridItem({ x, y: y + shift, width: w, height: h, body: toPanel(panel) });
}

function toPanel(panel: PanelJson): VizPanel {
  return new VizPanel({
    key: `panel-${panel.id}`,
    pluginId: panel.type,
    title: panel.title ?? '',
    description: panel.description,
    displayMode: panel.transparent ? 'transparent' : 'default',
    hoverHeader: !panel.title,
    options: panel.options ?? {},
    fieldConfig: (panel.fieldConfig as never) ?? { defaults: {}, overrides: [] },
    titleItems: panel.links?.length ? <PanelLinks links={panel.links as DashboardLink[]} /> : undefined,
    $timeRange: panel.timeFrom ? new SceneTimeRange({ from: `now-${panel.timeFrom}`, to: 'now' }) : undefined,
    $data: panel.targets?.length ? toData(panel) : undefined,
  });
}

function toData(panel: PanelJson): SceneDataProvider {
  const queries = new SceneQueryRunner({
    datasource: panel.datasource as DataSourceRef,
    queries: panel.targets as unknown as SceneDataQuery[],
    maxDataPoints: panel.maxDataPoints,
    minInterval: panel.interval,
  });
  return new SceneDataTransformer({
    $data: queries,
    transformations: (panel.transformations ?? []) as DataTransformerConfig[],
  });
}
