import { driverTsupOptions } from '../../tools/build/tsup-options.ts';

export default driverTsupOptions(import.meta.url);
