// The panels that the dashboards may use. Grafana's own lie in its application; their parts are in @grafana/ui.
import { sceneUtils } from '@grafana/scenes';
import { bargauge } from './BarGauge';
import { heatmap } from './Heatmap';
import { stat } from './Stat';
import { stateTimeline } from './StateTimeline';
import { table } from './Table';
import { text } from './Text';
import { timeseries } from './TimeSeries';

const PANELS = { bargauge, heatmap, stat, 'state-timeline': stateTimeline, table, text, timeseries };

export function registerPanels(): void {
  for (const [pluginId, plugin] of Object.entries(PANELS)) {
    sceneUtils.registerRuntimePanelPlugin({ pluginId, plugin: plugin as never });
  }
}
