// What shoot.py waits for, and what it tells of panels that show no data or an error.
import { LoadingState, type PanelData } from '@grafana/data';
import { type SceneObject, VizPanel, dataLayers, sceneGraph } from '@grafana/scenes';

interface PanelState {
  title: string;
  empty: boolean;
  error: string | null;
}

export interface PageState {
  /** Every panel in sight and every annotation has its data. */
  complete: boolean;
  panels: PanelState[];
}

/** The state of what is in sight. */
export function stateOf(scene: SceneObject): PageState {
  const panels = all(scene, VizPanel).filter((panel) => panel.isActive);
  const layers = all(scene, dataLayers.AnnotationsDataLayer).filter(({ state }) => state.isEnabled);
  const data = [
    ...panels.filter(({ state }) => state.$data).map(dataOf),
    ...layers.map(({ state }) => state.data),
  ];
  return { complete: panels.length > 0 && data.every(hasCome), panels: panels.map(panelState) };
}

function all<T extends SceneObject>(scene: SceneObject, kind: new (...values: never[]) => T): T[] {
  return sceneGraph.findAllObjects(scene, (object) => object instanceof kind) as T[];
}

function dataOf(panel: VizPanel): PanelData | undefined {
  return sceneGraph.getData(panel).state.data;
}

function hasCome(data: PanelData | undefined): boolean {
  return data?.state === LoadingState.Done || data?.state === LoadingState.Error;
}

function panelState(panel: VizPanel): PanelState {
  const data = panel.state.$data && dataOf(panel);
  return {
    title: sceneGraph.interpolate(panel, panel.state.title),
    empty: data !== undefined && !data.series.some((frame) => frame.length > 0),
    error: data?.error?.message ?? data?.errors?.[0]?.message ?? panel.state._pluginLoadError ?? null,
  };
}
