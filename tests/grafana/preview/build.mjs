// Bundles the preview and lays the icons and fonts that Grafana serves beside it: node build.mjs INTO
import { cp, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const into = resolve(process.argv[2]);
const packages = resolve(process.env.NODE_PATH);
const { build } = await import(pathToFileURL(join(packages, 'esbuild/lib/main.js')));

await build({
  entryPoints: { preview: join(here, 'src/main.tsx') },
  outdir: into,
  nodePaths: [packages],
  bundle: true,
  format: 'esm',
  splitting: true,
  jsx: 'automatic',
  minify: true,
  alias: {
    // scenes imports the defaults of Grafana's table, which this version of schema lacks; nothing here uses them.
    '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen': join(
      here,
      'src/noDefaults.ts'
    ),
  },
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  loader: { '.svg': 'dataurl', '.woff2': 'file', '.ttf': 'file', '.png': 'dataurl' },
  logLevel: 'error',
});

const fonts = {
  'inter/Inter-Regular.woff2': 'inter-ui/web/Inter-Regular.woff2',
  'inter/Inter-Medium.woff2': 'inter-ui/web/Inter-Medium.woff2',
  'inter/Inter-Italic.woff2': 'inter-ui/web/Inter-Italic.woff2',
  'inter/Inter-MediumItalic.woff2': 'inter-ui/web/Inter-MediumItalic.woff2',
  'roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2':
    '@fontsource/roboto-mono/files/roboto-mono-latin-400-normal.woff2',
};
await mkdir(join(into, 'public'), { recursive: true });
for (const [name, source] of Object.entries(fonts)) {
  await cp(join(packages, source), join(into, 'public/fonts', name));
}
await cp(join(packages, '@grafana/ui/dist/public/img'), join(into, 'public/build/img'), { recursive: true });
await cp(join(here, 'index.html'), join(into, 'index.html'));
