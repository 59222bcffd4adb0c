import picomatch from 'picomatch';

/**
 * Which functions are meant: every property that is given must fit, each by a glob or one of several. Ids are
 * hexadecimal digits without `0x`; a class of fewer than six digits means all that begin with it.
 *
 * @example { vendor: '10de', class: ['0300', '0302'] }
 */
export interface PciMatch {
  readonly vendor?: string | readonly string[];
  readonly device?: string | readonly string[];
  readonly class?: string | readonly string[];
  readonly address?: string | readonly string[];
}

type Matched = Readonly<Record<keyof PciMatch, string>>;

/** Makes a test of one or several matches: any of them must fit. */
export function compilePciMatch(match: PciMatch | readonly PciMatch[]): (fn: Matched) => boolean {
  const tests = [match].flat().map(compileOne);
  return (fn) => tests.some((test) => test(fn));
}

function compileOne(match: PciMatch): (fn: Matched) => boolean {
  const vendor = compileGlobs(match.vendor);
  const device = compileGlobs(match.device);
  const code = compileGlobs(match.class, (glob) => (glob.length < 6 ? `${glob}*` : glob));
  const address = compileGlobs(match.address);
  return (fn) => vendor(fn.vendor) && device(fn.device) && code(fn.class) && address(fn.address);
}

function compileGlobs(
  globs: string | readonly string[] | undefined,
  widen: (glob: string) => string = (glob) => glob,
): (text: string) => boolean {
  if (globs === undefined) return () => true;
  const plain = [globs].flat().map((glob) => widen(glob.toLowerCase().replace(/^0x/, '')));
  return plain.length === 0 ? () => false : picomatch(plain, { nonegate: true });
}
