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
 * most of the time of its start, and holds what it needs of each library instead of all. Of zod that is a half, where
 * all that gets here imports it as a namespace (`import * as z`): a bundler keeps the whole of what `{ z }` names.
 */
export const driverTsupOptions = (configUrl: string): Options => ({
  ...tsupOptions(configUrl),
  noExternal: [/./],
  esbuildPlugins: [withoutLocales],
  esbuildOptions: (options) => {
    quickToCompile(options);
    // Sources know which of their files are used; what is built is one file.
    options.conditions = ['cyborg-source'];
  },
});

/**
 * How what runs as a process of its own is built: so that it starts soon. An `import` of a module of Node's reads each
 * of its exports, and those of `node:fs` load all of its streams; asked for by name, it costs what is used of it.
 */
export const processTsupOptions = (configUrl: string): Options => ({
  ...tsupOptions(configUrl),
  esbuildPlugins: [builtinsByName, standsAlone],
  esbuildOptions: quickToCompile,
});

/** A package that is left to be found and read costs a process more than all the rest of its start. */
const standsAlone: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'stands-alone',
  setup: ({ onEnd, initialOptions: { entryPoints: given = {} } }) =>
    onEnd(({ metafile }) => {
      const outputs: BuiltFiles = metafile?.outputs ?? {};
      const entries = new Set(Object.values(given).map(String));
      const files = Object.keys(outputs).filter((name) => entries.has(outputs[name]?.entryPoint ?? ''));
      if (files.length < entries.size) throw new Error('not every entry point was built');
      return {
        errors: files.flatMap((file) =>
          packagesOf(file, outputs).map((name) => ({
            text: `${file} imports ${name}, which each start would wait for`,
          })),
        ),
      };
    }),
};

/** What was built, as esbuild tells of it. */
type BuiltFiles = Readonly<
  Record<
    string,
    {
      readonly entryPoint?: string;
      readonly imports: readonly {
        readonly path: string;
        readonly kind: string;
        readonly external?: boolean;
      }[];
    }
  >
>;

/** Packages that a file imports before its first line runs, itself or by a file that it shares. */
export function packagesOf(file: string, outputs: BuiltFiles, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  return (outputs[file]?.imports ?? []).flatMap(({ path, kind, external }) => {
    if (kind !== 'import-statement' || path.startsWith('node:')) return [];
    return external === true ? [path] : packagesOf(path, outputs, seen);
  });
}

const builtinsByName: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'builtins-by-name',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin', sideEffects: false }));
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({ contents: namesOf(path) }));
  },
};

/** A module with the names of one of Node's, of which a bundler keeps those that are used. */
function namesOf(builtin: string): string {
  const names = Object.keys(process.getBuiltinModule(builtin) ?? {}).filter((name) => name !== 'default');
  return [
    `const all = /* @__PURE__ */ process.getBuiltinModule(${JSON.stringify(builtin)});`,
    ...names.map((name) => `export const ${name} = /* @__PURE__ */ (() => all.${name})();`),
  ].join('\n');
}

/** Node reads all of a file before it runs the first line of it: comments and indentation too. Names stay. */
const quickToCompile = (options: Parameters<NonNullable<Options['esbuildOptions']>>[0]): void => {
  options.minifyWhitespace = true;
  options.minifySyntax = true;
};

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
