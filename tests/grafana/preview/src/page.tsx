// The page around the panels: name, variables, annotation switches, links and the time range.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import {
  ControlsLabel,
  type SceneComponentProps,
  type SceneGridLayout,
  type SceneObject,
  SceneObjectBase,
  type SceneObjectState,
  type SceneRefreshPicker,
  type SceneTimePicker,
  dataLayers,
} from '@grafana/scenes';
import { useStyles2 } from '@grafana/ui';
import type { Dashboard } from './dashboard';
import { DashboardLinks } from './links';

interface PageState extends SceneObjectState {
  dashboard: Dashboard;
  /** Every dashboard, for the links. */
  others: Dashboard[];
  controls: SceneObject[];
  timePicker: SceneTimePicker;
  refreshPicker: SceneRefreshPicker;
  body: SceneGridLayout;
}

/** A dashboard. */
export class DashboardPage extends SceneObjectBase<PageState> {
  static Component = Page;

  constructor(state: PageState) {
    super(state);
    this.addActivationHandler(() => {
      window.__grafanaSceneContext = this;
    });
  }
}

function Page({ model }: SceneComponentProps<DashboardPage>) {
  const { dashboard, others, controls, timePicker, refreshPicker, body } = model.useState();
  const styles = useStyles2(getStyles);
  return (
    <main className={styles.page}>
      <h1 className={styles.title}>{dashboard.title}</h1>
      <div className={styles.controls}>
        {controls.map((control) =>
          control instanceof dataLayers.AnnotationsDataLayer ? (
            <div key={control.state.key} className={styles.annotation}>
              <ControlsLabel htmlFor={`data-layer-${control.state.key}`} label={control.state.name} />
              <control.Component model={control} />
            </div>
          ) : (
            <control.Component key={control.state.key} model={control} />
          )
        )}
        <div className={styles.right}>
          <DashboardLinks dashboard={dashboard} others={others} />
          <timePicker.Component model={timePicker} />
          <refreshPicker.Component model={refreshPicker} />
        </div>
      </div>
      <body.Component model={body} />
    </main>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ padding: theme.spacing(2), minHeight: '100vh', background: theme.colors.background.canvas }),
  title: css({ fontSize: theme.typography.h4.fontSize, margin: 0, paddingBottom: theme.spacing(1.5) }),
  controls: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1),
    paddingBottom: theme.spacing(2),
  }),
  annotation: css({ display: 'flex' }),
  right: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), marginLeft: 'auto' }),
});
