import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Packages that are found by their place while the service runs. */
const foundByPlace = [/^@cyborgjs\/driver-(pci|gpu|fpga)/, '@cyborgjs/service/package.json', 'pg-native'];

/** What CommonJS takes for granted, for the libraries that are written in it. */
const commonJs = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);
const { filename: __filename, dirname: __dirname } = import.meta;`;

/**
 * Builds the service that the stories kill as one file, with all that it uses: `dist/service-under-kill.js`. In a guest
 * each of the thousand files that it is otherwise read from costs as much as a hundred on its host, at every start.
 */
export async function bundleService(): Promise<void> {
  await build({
    config: false,
    entry: [place('../../crash/service-under-kill.ts')],
    outDir: place('../dist'),
    tsconfig: place('../../../../../tsconfig.json'),
    format: 'esm',
    target: 'node24',
    platform: 'node',
    splitting: false,
    silent: true,
    removeNodeProtocol: false,
    noExternal: [/./],
    external: foundByPlace,
    banner: { js: commonJs },
    esbuildOptions: (options) => {
      options.conditions = ['cyborg-source'];
    },
  });
}
