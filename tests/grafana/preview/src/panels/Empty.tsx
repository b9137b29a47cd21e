// What a panel says that has nothing to draw.
import { css } from '@emotion/css';
import type { FieldConfigSource } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';

export function Empty({ fieldConfig }: { fieldConfig: FieldConfigSource }) {
  return <div className={useStyles2(getStyles)}>{fieldConfig.defaults.noValue ?? 'No data'}</div>;
}

const getStyles = () =>
  css({ alignItems: 'center', display: 'flex', height: '100%', justifyContent: 'center', width: '100%' });
