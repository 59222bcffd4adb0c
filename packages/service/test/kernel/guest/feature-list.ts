import { execFileSync } from 'node:child_process';

/** What a DFL card says of itself (Linux: Documentation/fpga/dfl.rst, drivers/fpga/dfl.h). */
export interface FeatureList {
  readonly bitstreamId: bigint;
  /** Interface id of the region, and id of the accelerator function: 32 hexadecimal digits. */
  readonly interfaceId: string;
  readonly afuId: string;
}

const header = { engine: 4n << 60n, private: 3n << 60n, afu: 1n << 60n, end: 1n << 40n } as const;
const next = (offset: number): bigint => BigInt(offset) << 16n;
const halves = (id: string): [low: bigint, high: bigint] => [
  BigInt(`0x${id.slice(16)}`),
  BigInt(`0x${id.slice(0, 16)}`),
];

/**
 * Writes a device feature list into a memory of a card: a management engine with partial reconfiguration, and at
 * 0x80000 a port with one accelerator function. Dumb memory is enough for the kernel to make the whole tree of it.
 *
 * @param base physical address of the memory
 */
export function writeFeatureList(base: bigint, { bitstreamId, interfaceId, afuId }: FeatureList): void {
  const [interfaceLow, interfaceHigh] = halves(interfaceId);
  const [afuLow, afuHigh] = halves(afuId);
  const port = 0x80000;
  const words: readonly (readonly [offset: number, value: bigint])[] = [
    [0, header.engine | next(0x1000)],
    // One port: where its list is in this memory, and that it is there.
    [0x30, 1n << 17n],
    [0x38, (1n << 60n) | BigInt(port)],
    [0x60, bitstreamId],
    [0x68, 0x2110055n],
    [0x1000, header.private | header.end | 5n],
    [0x10a8, interfaceLow],
    [0x10b0, interfaceHigh],
    [port, header.engine | header.end | 1n],
    [port + 0x18, 0x1000n],
    [port + 0x30, 256n << 8n],
    // The acknowledgement of a reset, for which the driver waits.
    [port + 0x38, 1n << 4n],
    [port + 0x1000, header.afu | header.end],
    [port + 0x1008, afuLow],
    [port + 0x1010, afuHigh],
  ];
  for (const [offset, value] of words)
    execFileSync('busybox', [
      'devmem',
      `0x${(base + BigInt(offset)).toString(16)}`,
      '64',
      `0x${value.toString(16)}`,
    ]);
}
