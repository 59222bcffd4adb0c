/** What the NVIDIA kernel module says of one GPU without any tool. */
export interface NvidiaInformation {
  readonly model: string | undefined;
  /** `GPU-` and a UUID; undefined until the GPU has been opened once. */
  readonly uuid: string | undefined;
  readonly vbios: string | undefined;
  /** Number of its device node, `/dev/nvidia<minor>`. */
  readonly minor: string | undefined;
  /** True when the module was told to leave the GPU alone; nvidia-smi then does not list it. */
  readonly excluded: boolean;
}

/** Path of the file in which the kernel module says it. */
export const nvidiaInformationPath = (address: string): string =>
  `/proc/driver/nvidia/gpus/${address}/information`;

/**
 * Reads `/proc/driver/nvidia/gpus/<address>/information`: `Key: <tabs and spaces> value` lines, unknown values
 * written as question marks (`GPU-????????-…`).
 */
export function parseNvidiaInformation(text: string): NvidiaInformation {
  const values = new Map(
    text.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const known = (key: string): string | undefined => {
    const value = values.get(key);
    return value === undefined || value === '' || value === 'N/A' || value.includes('?') ? undefined : value;
  };
  return {
    model: known('Model'),
    uuid: asNvidiaUuid(known('GPU UUID')),
    vbios: known('Video BIOS'),
    minor: known('Device Minor'),
    excluded: known('GPU Excluded') === 'Yes',
  };
}

/** A GPU UUID as NVIDIA writes it, or undefined when the text is none (a MIG slice's, or not yet known). */
export function asNvidiaUuid(text: string | null | undefined): string | undefined {
  return /^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text ?? '') ? (text ?? undefined) : undefined;
}
