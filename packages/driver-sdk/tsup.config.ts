import { build, type Options } from 'tsup';
import { processTsupOptions, tsupOptions } from '../../tools/build/tsup-options.ts';

const options = tsupOptions(import.meta.url);
const entries = Object.entries(options.entry ?? {});
const isProcess = ([name]: readonly [string, string]): boolean => name.endsWith('child');

/**
 * What runs as a process of its own is built apart from the rest: in two files instead of ten, with what it needs of
 * libraries inside. Finding files is much of the time of a start.
 */
export default ({ outDir = options.outDir }: Options): Options => ({
  ...options,
  entry: Object.fromEntries(entries.filter((entry) => !isProcess(entry))),
  onSuccess: () =>
    build({
      ...processTsupOptions(import.meta.url),
      ...(outDir === undefined ? {} : { outDir }),
      entry: Object.fromEntries(entries.filter(isProcess)),
      noExternal: ['picomatch'],
      clean: false,
      dts: false,
      config: false,
    }),
});
