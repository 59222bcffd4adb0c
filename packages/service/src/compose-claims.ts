import type { Claims } from './conductor/claims.ts';
import type { Config } from './config-schema.ts';
import type { Ports } from './ports.ts';

/** Claims in the Placement that the configuration describes, loaded only when there is one. */
export async function composeClaims(
  { placement }: Config,
  { breakpoint }: Pick<Ports, 'breakpoint'>,
): Promise<Claims | null> {
  if (!placement?.enabled) return null;
  const { createClaims } = await import('./conductor/claims.ts');
  const { composePlacement } = await import('./compose-placement.ts');
  const claims = createClaims(composePlacement(placement));
  const told = async <Result>(name: string, work: Promise<Result>): Promise<Result> => {
    const result = await work;
    breakpoint?.(`${name}:after`);
    return result;
  };
  return {
    ...claims,
    claim: (wanted) => {
      breakpoint?.('claim:before');
      return told('claim', claims.claim(wanted));
    },
    release: (id) => {
      breakpoint?.('release:before');
      return told('release', claims.release(id));
    },
  };
}
