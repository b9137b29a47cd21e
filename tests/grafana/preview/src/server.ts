// Stands in for Grafana's server and for what its front-end registers when it starts.
import {
  type DataQueryRequest,
  type DataSourceApi,
  type DataSourceInstanceSettings,
  EventBusSrv,
  LoadingState,
  type PanelData,
  type PluginMeta,
  locationUtil,
} from '@grafana/data';
import { PrometheusDatasource } from '@grafana/prometheus';
import {
  type BackendSrvRequest,
  config,
  setAppEvents,
  setBackendSrv,
  setDataSourceSrv,
  setEchoSrv,
  setPluginImportUtils,
  setRunRequest,
  setTemplateSrv,
} from '@grafana/runtime';
import { sceneGraph } from '@grafana/scenes';
import { Observable, catchError, from, map, of, startWith } from 'rxjs';
import { type Prometheus, frames } from './prometheus';

const UID = 'prometheus';

/** Registers everything that the packages look up at run time. */
export function stand(prometheus: Prometheus): void {
  const settings = dataSource(prometheus);
  setBackendSrv({ fetch: (request: BackendSrvRequest) => from(answer(prometheus, request)) } as never);
  setTemplateSrv({
    replace: (text = '', scoped, format) =>
      window.__grafanaSceneContext
        ? sceneGraph.interpolate(window.__grafanaSceneContext as never, text, scoped, format)
        : text,
    containsTemplate: (text = '') => text.includes('$'),
    getVariables: () => [],
    updateTimeRange: () => undefined,
  } as never);
  const source = new PrometheusDatasource(settings as never);
  setDataSourceSrv({
    get: async () => source,
    getInstanceSettings: () => settings,
    getList: () => [settings],
    reload: () => undefined,
  } as never);
  setRunRequest(run as never);
  setAppEvents(new EventBusSrv() as never);
  setEchoSrv({ flush: () => undefined, addBackend: () => undefined, addEvent: () => undefined });
  setPluginImportUtils({
    getPanelPluginFromCache: () => undefined,
    importPanelPlugin: async (id: string) => Promise.reject(new Error(`the preview has no panel «${id}»`)),
  });
  locationUtil.initialize({
    config,
    getVariablesUrlParams: () => ({}),
    getTimeRangeForUrl: () => ({ from: 'now-6h', to: 'now' }),
  });
}

function dataSource(prometheus: Prometheus): DataSourceInstanceSettings {
  return {
    id: 1,
    uid: UID,
    name: 'Prometheus',
    type: 'prometheus',
    access: 'proxy',
    url: prometheus.url,
    isDefault: true,
    readOnly: true,
    jsonData: { timeInterval: `${prometheus.scrapeInterval}s`, httpMethod: 'GET' } as never,
    meta: {
      id: 'prometheus',
      name: 'Prometheus',
      info: { logos: { small: '', large: '' } },
    } as PluginMeta as never,
  };
}

async function answer(prometheus: Prometheus, request: BackendSrvRequest): Promise<unknown> {
  if (request.url.startsWith('/api/ds/query')) {
    return { status: 200, ok: true, data: await queried(prometheus, request.data) };
  }
  const resource = /\/resources\/?(.*)$/.exec(request.url)?.[1];
  if (resource === undefined) {
    return { status: 404, ok: false, data: {} };
  }
  const response = await fetch(`${prometheus.url}/${resource.replace(/^\//, '')}`);
  return { status: response.status, ok: response.ok, data: await response.json() };
}

async function queried(prometheus: Prometheus, body: { queries: never[]; from: string; to: string }) {
  const [start, end] = [Number(body.from) / 1000, Number(body.to) / 1000];
  const results: Record<string, unknown> = {};
  await Promise.all(
    body.queries.map(async (query: { refId: string; expr: string }) => {
      try {
        results[query.refId] = { status: 200, frames: await frames(prometheus, query, start, end) };
      } catch (error) {
        results[query.refId] = {
          status: 400,
          error: `${(error as Error).message} in ${query.expr}`,
          frames: [],
        };
      }
    })
  );
  return { results };
}

// Grafana's own is part of its application, not of a package. A variable brings a query function of its own.
function run(
  source: DataSourceApi,
  request: DataQueryRequest,
  query: DataSourceApi['query'] = source.query.bind(source)
): Observable<PanelData> {
  const waiting: PanelData = { state: LoadingState.Loading, series: [], request, timeRange: request.range };
  const response = query(request);
  return (response instanceof Observable ? response : from(response)).pipe(
    map(({ data, error, errors }) => ({
      ...waiting,
      state: errors?.length || error ? LoadingState.Error : LoadingState.Done,
      series: data ?? [],
      error: error ?? errors?.[0],
    })),
    catchError((error) => of({ ...waiting, state: LoadingState.Error, error: { message: String(error) } })),
    startWith(waiting)
  );
}
