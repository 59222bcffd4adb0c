import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/**
 * Unpacks a kernel (`vmlinuz`) to an ELF file, which a QEMU boots as it is (PVH): the kernel that unpacks itself takes
 * an emulated machine inside of an emulated machine minutes. Does nothing when the file is there.
 */
export async function unpackKernel(kernel: string, target: string): Promise<void> {
  if (existsSync(target)) return;
  const unpack = spawn('xz', ['-dc'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(unpack, 'close');
  unpack.stdin.end(payloadOf(await readFile(kernel)));
  const part = `${target}.part`;
  await pipeline(unpack.stdout, createWriteStream(part));
  const [code] = await ended;
  if (code !== 0) throw new Error(`${kernel} cannot be unpacked: xz ended with ${code}`);
  await rename(part, target);
}

/** Where the compressed kernel is in the file: Linux, Documentation/arch/x86/boot.rst, `payload_offset`. */
function payloadOf(file: Buffer): Buffer {
  const sectors = file.readUInt8(0x1f1) + 1;
  const start = sectors * 512 + file.readUInt32LE(0x248);
  // The last four bytes are its size when unpacked, for the code that unpacks it at boot.
  return file.subarray(start, start + file.readUInt32LE(0x24c) - 4);
}
