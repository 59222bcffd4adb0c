/** What the exit statuses of nvidia-smi say (nvidia-smi(1), RETURN VALUE; 18, 19 are seen and not documented). */
const meanings: Readonly<Record<number, string>> = {
  2: 'it was given an argument that it does not know',
  3: 'the GPU cannot do what was asked',
  4: 'it has no permission',
  6: 'it found nothing',
  8: 'a power cable is not properly attached',
  9: 'the NVIDIA driver is not loaded',
  10: 'the driver sees a problem with interrupts of a GPU',
  12: 'its library is not installed',
  13: 'its library is too old for it',
  14: 'the inforom of a GPU is corrupt',
  15: 'a GPU has fallen off the bus',
  16: 'a GPU needs a reset',
  18: 'driver and library are of different releases; the host waits for a reboot',
  19: 'the GPU is in use',
};

/** An exit status of nvidia-smi in words: `status 9, the NVIDIA driver is not loaded`. */
export function smiExitMeaning(code: number): string {
  const meaning = meanings[code];
  return meaning === undefined ? `status ${code}` : `status ${code}, ${meaning}`;
}
