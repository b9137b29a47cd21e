// One dashboard, drawn as Grafana would, as far as its packages go.
//
// The address says which and how: ?dashboard=UID&prometheus=URL&theme=dark|light, and what Grafana's own
// addresses have: var-NAME=VALUE, from, to. `open` opens every row, `scrape` is the data source's interval.
import { createTheme, ThemeContext } from '@grafana/data';
import { config } from '@grafana/runtime';
import { initPluginTranslations } from '@grafana/i18n';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { sceneUtils } from '@grafana/scenes';
import { createRoot } from 'react-dom/client';
import { MemoryRouter } from 'react-router-dom';
import { type Dashboard, toScene } from './dashboard';
import { registerPanels } from './panels';
import { type PageState, stateOf } from './readiness';
import { stand } from './server';
import { registerStandards } from './standards';

async function main(): Promise<void> {
  const address = new URLSearchParams(window.location.search);
  const asked = (name: string) => address.get(name) ?? '';
  await initPluginTranslations('preview');
  const theme = createTheme({ colors: { mode: asked('theme') === 'light' ? 'light' : 'dark' } });
  config.theme2 = theme;
  stand({ url: asked('prometheus'), scrapeInterval: Number(asked('scrape') || 15) });
  registerStandards();
  registerPanels();

  const dashboards: Dashboard[] = await (await fetch('dashboards.json')).json();
  const shown = dashboards.find((dashboard) => dashboard.uid === asked('dashboard'));
  if (!shown) {
    throw new Error(`no dashboard ${asked('dashboard')}`);
  }
  const scene = toScene(shown, dashboards, address.has('open'));
  sceneUtils.syncStateFromSearchParams(scene, address);
  window.preview = () => stateOf(scene);
  createRoot(document.getElementById('root')!).render(
    <ThemeContext.Provider value={theme}>
      <MemoryRouter>
        <GlobalStyles />
        <scene.Component model={scene} />
        <PortalContainer />
      </MemoryRouter>
    </ThemeContext.Provider>
  );
}

declare global {
  interface Window {
    preview: () => PageState;
    __grafanaSceneContext?: object;
  }
}

void main();
