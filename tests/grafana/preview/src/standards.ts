// What Grafana's application registers with @grafana/data: transformations and the properties of every field.
import {
  type FieldConfigPropertyItem,
  FieldConfigProperty,
  FieldType,
  displayNameOverrideProcessor,
  identityOverrideProcessor,
  numberOverrideProcessor,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
} from '@grafana/data';

export function registerStandards(): void {
  // Some go by two names.
  const transformations = new Map(Object.values(standardTransformers).map((one) => [one.id, one]));
  standardTransformersRegistry.setInit(() =>
    [...transformations].map(([id, transformation]) => ({ id, name: id, transformation }) as never)
  );
  standardFieldConfigEditorRegistry.setInit(() => Object.values(FieldConfigProperty).map(item));
}

const PROCESSED: Partial<Record<FieldConfigProperty, FieldConfigPropertyItem['process']>> = {
  [FieldConfigProperty.DisplayName]: displayNameOverrideProcessor,
  [FieldConfigProperty.Decimals]: numberOverrideProcessor,
  [FieldConfigProperty.Max]: numberOverrideProcessor,
  [FieldConfigProperty.Min]: numberOverrideProcessor,
};
const OF_NUMBERS = new Set([
  FieldConfigProperty.Decimals,
  FieldConfigProperty.FieldMinMax,
  FieldConfigProperty.Max,
  FieldConfigProperty.Min,
  FieldConfigProperty.Unit,
]);
const DEFAULTS: Partial<Record<FieldConfigProperty, unknown>> = {
  [FieldConfigProperty.Mappings]: [],
  [FieldConfigProperty.Thresholds]: {
    mode: 'absolute',
    steps: [
      { value: -Infinity, color: 'green' },
      { value: 80, color: 'red' },
    ],
  },
};

function item(property: FieldConfigProperty): FieldConfigPropertyItem {
  return {
    id: property,
    path: property,
    name: property,
    editor: () => null,
    override: () => null,
    process: PROCESSED[property] ?? identityOverrideProcessor,
    settings: property === FieldConfigProperty.DisplayName ? { expandTemplateVars: true } : {},
    defaultValue: DEFAULTS[property],
    shouldApply: ({ type }) => !OF_NUMBERS.has(property) || type !== FieldType.string,
  };
}
