// A panel as Grafana registers it: what draws it, and which properties its options and fields have.
import {
  type FieldConfigProperty,
  PanelPlugin,
  type PanelProps,
  type StandardOptionConfig,
} from '@grafana/data';
import type { ComponentType } from 'react';

interface Properties {
  /** Options, by path, each with what it is where a dashboard says nothing. */
  options: Record<string, unknown>;
  /** The same for the fields' properties under `custom`: only those named here reach defaults and overrides. */
  custom?: Record<string, unknown>;
  /** Whether annotations are drawn on it. */
  annotations?: boolean;
  /** Standard properties of fields whose default differs from Grafana's. */
  standard?: Partial<Record<FieldConfigProperty, StandardOptionConfig>>;
}

/** The legend of a chart whose dashboard says nothing. */
export const LEGEND = { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] };

const HIDDEN_NOWHERE = { tooltip: false, viz: false, legend: false };

export function panelPlugin<Options extends object>(
  component: ComponentType<PanelProps<Options>>,
  { options, custom = {}, annotations = false, standard = {} }: Properties
): PanelPlugin<Options> {
  const unseen = { editor: () => null, override: () => null };
  return new PanelPlugin<Options>(component)
    .setDataSupport({ annotations, alertStates: false })
    .setPanelOptions((builder) => {
      for (const [path, defaultValue] of Object.entries(options)) {
        builder.addCustomEditor({
          ...unseen,
          id: path,
          path: path as never,
          name: path,
          defaultValue: defaultValue as never,
        });
      }
    })
    .useFieldConfig({
      standardOptions: standard,
      useCustomConfig: (builder) => {
        for (const [path, defaultValue] of Object.entries({ hideFrom: HIDDEN_NOWHERE, ...custom })) {
          builder.addCustomEditor({
            ...unseen,
            id: path,
            path: path as never,
            name: path,
            defaultValue: defaultValue as never,
            process: (value: unknown) => value,
            shouldApply: () => true,
          });
        }
      },
    });
}
