import { tsupOptions } from '../../tools/build/tsup-options.ts';

export default tsupOptions(import.meta.url);
