import { posix } from 'node:path';
import { machinePath } from '../machine/machine-path.ts';
import type { MachineState } from './bench.ts';

/** What a path leads to. */
interface Place {
  /** Without links in it; empty for the root. */
  readonly path: string;
  readonly content: string;
}

/** An answer, which may be that there is nothing; undefined where the disk has to be asked. */
export type Known<Result> = { readonly answer: Result | undefined } | undefined;

const nothing = { answer: undefined };
const mostLinks = 40;

/**
 * Answers out of a machine's state what a driver reads, without a look at the disk. It leaves to the disk what is
 * rare: the text of a directory, links that lead nowhere or out of the machine, or in a circle.
 */
export class StateReader {
  readonly #state: MachineState;
  #names: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(state: MachineState) {
    this.#state = state;
  }

  read(path: string): Known<string> {
    return then(this.#find(path), ({ content }) =>
      content === '/' ? undefined : { answer: Buffer.from(content, 'latin1').toString('utf8') },
    );
  }

  readBytes(path: string): Known<Uint8Array> {
    return then(this.#find(path), ({ content }) =>
      content === '/' ? undefined : { answer: new Uint8Array(Buffer.from(content, 'latin1')) },
    );
  }

  list(path: string): Known<readonly string[]> {
    return then(this.#find(path), (place) => {
      if (place.content !== '/') return nothing;
      this.#names ??= namesIn(this.#state);
      return { answer: (this.#names.get(place.path) ?? []).toSorted() };
    });
  }

  link(path: string): Known<string> {
    const asked = machinePath(path);
    return then(this.#find(posix.dirname(asked)), (directory) => {
      const target = targetOf(this.#state.get(`${directory.path}/${posix.basename(asked)}`));
      return target === undefined ? nothing : { answer: posix.basename(target) };
    });
  }

  resolve(path: string): Known<string> {
    return then(this.#find(path), (place) => ({ answer: place.path === '' ? '/' : place.path }));
  }

  #find(path: string, linksLeft = mostLinks): Known<Place> {
    let at: Place = { path: '', content: '/' };
    for (const name of machinePath(path).split('/')) {
      if (name === '') continue;
      const next = `${at.path}/${name}`;
      const content = this.#state.get(next);
      if (content === undefined) return nothing;
      const target = targetOf(content);
      if (target === undefined) {
        at = { path: next, content };
        continue;
      }
      if (target.startsWith('/') || linksLeft === 0) return undefined;
      const found = this.#find(posix.join('/', at.path, target), linksLeft - 1);
      if (found?.answer === undefined) return undefined;
      at = found.answer;
    }
    return { answer: at };
  }
}

function then<From, To>(known: Known<From>, next: (from: From) => Known<To>): Known<To> {
  return known?.answer === undefined ? (known as undefined | typeof nothing) : next(known.answer);
}

const targetOf = (content: string | undefined): string | undefined =>
  content?.startsWith('-> ') ? content.slice(3) : undefined;

/** The names in each directory that is not empty. */
function namesIn(state: MachineState): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  let directory: string | undefined;
  let siblings: string[] = [];
  for (const path of state.keys()) {
    const cut = path.lastIndexOf('/');
    // Mostly the one of the path before, which is told faster than a new text is looked up.
    if (directory === undefined || cut !== directory.length || !path.startsWith(directory)) {
      directory = path.slice(0, cut);
      siblings = names.get(directory) ?? [];
      names.set(directory, siblings);
    }
    siblings.push(path.slice(cut + 1));
  }
  return names;
}
