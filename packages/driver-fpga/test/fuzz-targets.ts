import type { FuzzTarget } from '@cyborgjs/driver-sdk/conformance';
import { gbsImage, signedImage, xclbinImage } from '@cyborgjs/driver-sdk/simulator';
import { asBitstreamId } from '../src/flash/flash-intel.ts';
import { flashHealth, readFlash } from '../src/flash/flash-record.ts';
import { asFpgaId } from '../src/images/fpga-id.ts';
import { parseGbs } from '../src/images/gbs.ts';
import { parseSignedImage } from '../src/images/signed-image.ts';
import { parseXclbin } from '../src/images/xclbin.ts';
import { intelHealth } from '../src/intel-health.ts';

const id = 'c000c9660d8242729aeffe5f84570612';

/** The parsers of this driver: images of users and of shells, and what the kernel and the driver's own store say. */
export function targets(): Promise<readonly FuzzTarget[]> {
  return Promise.resolve([
    ofBytes('.gbs images', [gbsImage(), gbsImage({ functions: [id, id] })], parseGbs, [
      'XeonFPGA',
      '"interface-uuid":',
      '"accelerator-clusters":[',
      '{"a":',
      '[[[[',
      'null',
    ]),
    ofBytes('.gbs metadata', [gbsImage()], withLengthMended, [
      '"magic-no":',
      '1e999',
      '"\\ud800"',
      '{}',
      '[]',
    ]),
    ofBytes(
      '.xclbin images',
      [
        xclbinImage(),
        xclbinImage({ interfaceUuid: '0'.repeat(32) }),
        xclbinImage({ sections: [12, 13, 20] }),
        xclbinImage({ sections: [0, 6, 7, 8, 14, 20] }),
      ],
      (bytes) => [parseXclbin(bytes)],
      ['xclbin2\0', 'xilinx_u250_', '\u0000\u0000\u0000\u0080'],
    ),
    ofBytes('.xclbin tables', [xclbinImage({ sections: [0, 8, 20] })], withTotalMended),
    ofBytes(
      'signed images of shells',
      [signedImage(), signedImage({ content: 'user' }), signedImage({ certificate: 'root-key' })],
      parseSignedImage,
      ['\u0019\u00fd\u00ea\u00b6', '\u00d7\u0028\u007f\u00f2'],
    ),
    ofText('ids of regions, functions and static images', [id, '0x501020222df1b7a\n'], (text) => [
      asFpgaId(text),
      asBitstreamId(text),
      asBitstreamId(text.trim()),
    ]),
    ofText(
      'states of FPGA managers',
      ['operating', 'write error', 'unknown'],
      (text) => [
        intelHealth({ managerState: text, errors: { catfatal_errors: text } }),
        flashHealth({ version: text, state: 'begun', card: null }, text),
      ],
      ['power off', 'firmware request'],
    ),
    ofText(
      'records of flashes',
      [JSON.stringify({ version: '0x1', state: 'begun', card: null })],
      readRecord,
    ),
  ]);
}

/** The metadata is what is tried: its length is made to be right. */
function withLengthMended(bytes: Uint8Array): unknown {
  const copy = Buffer.from(bytes);
  if (copy.length > 24) copy.writeUInt32LE(Math.min(4095, Math.max(1, copy.length - 84)), 16);
  return parseGbs(copy);
}

/** The table of sections is what is tried: the length of the file is made to be right. */
function withTotalMended(bytes: Uint8Array): unknown {
  const copy = Buffer.from(bytes);
  if (copy.length >= 312) copy.writeBigUInt64LE(BigInt(copy.length), 304);
  return parseXclbin(copy);
}

/** A record as it lies in the store: whatever JSON that may be. */
function readRecord(text: string): unknown {
  let value: never;
  try {
    value = JSON.parse(text) as never;
  } catch {
    return undefined;
  }
  return readFlash({ get: async () => value, set: async () => {}, delete: async () => {} }, 'a', null);
}

function ofBytes(
  name: string,
  samples: readonly Uint8Array[],
  parse: (bytes: Uint8Array) => unknown,
  words: readonly string[] = [],
): FuzzTarget {
  return {
    name,
    samples,
    words,
    parse: (input) => parse(typeof input === 'string' ? Buffer.from(input, 'latin1') : input),
  };
}

function ofText(
  name: string,
  samples: readonly string[],
  parse: (text: string) => unknown,
  words: readonly string[] = [],
): FuzzTarget {
  return { name, samples, words, parse: (input) => parse(typeof input === 'string' ? input : '') };
}
