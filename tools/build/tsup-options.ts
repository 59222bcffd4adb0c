import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Options } from 'tsup';

interface PackageManifest {
  readonly exports: Readonly<Record<string, string | { readonly 'cyborg-source'?: string }>>;
  readonly bin?: Readonly<Record<string, string>>;
}

/**
 * How every package is built: one file per entry point of its package.json (`exports` and `bin`) and the chunks
 * they share, as ESM with source maps and, unless `CYBORG_BUILD_FAST` is 1, bundled declarations. Dependencies
 * stay imports.
 *
 * @param configUrl `import.meta.url` of the package's tsup.config.ts.
 */
export function tsupOptions(configUrl: string): Options {
  const manifest = JSON.parse(readFileSync(new URL('package.json', configUrl), 'utf8')) as PackageManifest;
  const isFast = process.env.CYBORG_BUILD_FAST === '1';
  return {
    entry: entryPoints(manifest),
    outDir: fileURLToPath(new URL('dist', configUrl)),
    tsconfig: fileURLToPath(new URL('../../tsconfig.json', configUrl)),
    format: 'esm',
    target: 'node22',
    platform: 'node',
    sourcemap: true,
    clean: true,
    silent: isFast,
    // `node:sqlite` and `node:test` exist under their full names only.
    removeNodeProtocol: false,
    dts: isFast
      ? false
      : { entry: entryPoints({ exports: manifest.exports }), compilerOptions: { noEmit: false } },
  };
}

/**
 * How a driver is built: with all that it uses inside. Its process loads a file or two instead of a hundred, which is
 * most of the time of its start, and holds what it needs of each library instead of all.
 */
export const driverTsupOptions = (configUrl: string): Options => ({
  ...tsupOptions(configUrl),
  noExternal: [/./],
  esbuildPlugins: [withoutLocales],
  // Sources know which of their files are used; what is built is one file.
  esbuildOptions: (options) => {
    options.conditions = ['cyborg-source'];
  },
});

/** Zod brings its messages in fifty languages, and nothing tells a bundler that one is meant. */
const withoutLocales: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'without-locales',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    })),
};

/** Sources by the name of what is built from them: `{"host/index": "src/host/index.ts"}`. */
export function entryPoints(manifest: PackageManifest): Record<string, string> {
  const sources = Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'object' && target['cyborg-source'] !== undefined ? [target['cyborg-source']] : [],
  );
  const programs = Object.values(manifest.bin ?? {}).map((path) =>
    path.replace(/^\.\/dist\//, './src/').replace(/\.js$/, '.ts'),
  );
  const names = [...sources, ...programs].map((path) => path.replace(/^\.\/src\//, '').replace(/\.ts$/, ''));
  return Object.fromEntries(names.map((name) => [name, `src/${name}.ts`]));
}
