// Dashboard variables, as their JSON has them, to those of a scene.
import {
  ConstantVariable,
  CustomVariable,
  DataSourceVariable,
  IntervalVariable,
  QueryVariable,
  type SceneVariable,
  TextBoxVariable,
} from '@grafana/scenes';
import type { VariableModel } from '@grafana/schema';

export type VariableJson = VariableModel & { auto?: boolean; auto_min?: string; auto_count?: number };

/** One variable; its type is one of those that Grafana calls query, datasource, custom, interval, textbox, constant. */
export function toVariable(json: VariableJson): SceneVariable {
  const common = {
    name: json.name,
    label: json.label,
    description: json.description ?? null,
    hide: json.hide,
    skipUrlSync: json.skipUrlSync,
  };
  const choice = {
    ...common,
    value: (json.current?.value as string) ?? '',
    text: (json.current?.text as string) ?? '',
    isMulti: json.multi,
    includeAll: json.includeAll,
    allValue: json.allValue,
  };
  switch (json.type) {
    case 'query':
      return new QueryVariable({
        ...choice,
        datasource: json.datasource,
        query: json.query as never,
        regex: json.regex ?? '',
        refresh: json.refresh,
        sort: json.sort,
      });
    case 'datasource':
      return new DataSourceVariable({ ...choice, pluginId: String(json.query), regex: json.regex ?? '' });
    case 'custom':
      return new CustomVariable({ ...choice, query: String(json.query) });
    case 'interval':
      return new IntervalVariable({
        ...common,
        value: choice.value,
        intervals: String(json.query).split(','),
        autoEnabled: json.auto,
        autoMinInterval: json.auto_min,
        autoStepCount: json.auto_count,
      });
    case 'textbox':
      return new TextBoxVariable({ ...common, value: String(json.query ?? '') });
    case 'constant':
      return new ConstantVariable({ ...common, value: String(json.query ?? '') });
    default:
      throw new Error(`the preview has no variable of the type «${json.type}»`);
  }
}
