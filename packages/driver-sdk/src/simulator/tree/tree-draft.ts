import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { posix } from 'node:path';

/** What can lie at a path. Texts are UTF-8, or bytes as Latin-1 characters where `binary` says so. */
export type TreeEntry =
  | { readonly kind: 'file'; readonly text: string; readonly binary?: boolean }
  | { readonly kind: 'link'; readonly to: string }
  | { readonly kind: 'directory' };

/** What is to be done to a tree on disk, so that doing it twice is the same as once: removals come first. */
export interface TreeChanges {
  readonly removed: readonly string[];
  readonly entries: readonly (readonly [path: string, entry: TreeEntry])[];
}

/**
 * A tree of files as it would be: what is on disk below a root, with changes laid over it. Paths are the
 * machine's and without links in them. Nothing reaches the disk before `applyChanges`.
 */
export class TreeDraft {
  readonly #root: string;
  readonly #entries = new Map<string, TreeEntry>();
  readonly #removed = new Set<string>();
  readonly #children = new Map<string, Set<string>>();
  readonly #fresh: boolean;

  /** A `fresh` draft is of a tree that has nothing on disk yet; it does not look there. */
  constructor(root: string, { fresh = false }: { readonly fresh?: boolean } = {}) {
    this.#root = root;
    this.#fresh = fresh;
  }

  get changes(): TreeChanges {
    return { removed: [...this.#removed], entries: [...this.#entries] };
  }

  has(path: string): boolean {
    if (this.#entries.has(path) || (this.#children.get(path)?.size ?? 0) > 0) return true;
    return this.#onDisk(path, (file) => lstatSync(file)) !== undefined;
  }

  /** The text of a file; undefined when there is none. */
  read(path: string): string | undefined {
    const entry = this.#entries.get(path);
    if (entry !== undefined) return entry.kind === 'file' ? entry.text : undefined;
    return this.#onDisk(path, (file) => readFileSync(file, 'utf8'));
  }

  /** The bytes of a file on disk, changes not counted; undefined when there is none. */
  readBytes(path: string): Uint8Array | undefined {
    return this.#onDisk(path, (file) => readFileSync(file));
  }

  /** Where a symbolic link leads, as a path of the machine; undefined when there is none. */
  target(path: string): string | undefined {
    const entry = this.#entries.get(path);
    if (entry !== undefined) return entry.kind === 'link' ? entry.to : undefined;
    const to = this.#onDisk(path, (file) => readlinkSync(file));
    return to === undefined ? undefined : posix.resolve(posix.dirname(path), to);
  }

  /** Names in a directory, unsorted; none when there is no such directory. */
  list(path: string): string[] {
    const names = new Set(this.#children.get(path));
    for (const name of this.#onDisk(path, (file) => readdirSync(file)) ?? []) {
      if (!this.#removed.has(`${path}/${name}`)) names.add(name);
    }
    return [...names];
  }

  write(path: string, text: string, { binary = false }: { readonly binary?: boolean } = {}): void {
    this.#put(path, binary ? { kind: 'file', text, binary } : { kind: 'file', text });
  }

  /** Makes a symbolic link; it will be a relative one on disk. */
  link(path: string, to: string): void {
    this.#put(path, { kind: 'link', to });
  }

  directory(path: string): void {
    if (!this.has(path)) this.#put(path, { kind: 'directory' });
  }

  /** Removes whatever is at a path, and all below it. */
  remove(path: string): void {
    for (const child of [...(this.#children.get(path) ?? [])]) this.remove(`${path}/${child}`);
    this.#entries.delete(path);
    this.#children.delete(path);
    this.#children.get(posix.dirname(path))?.delete(posix.basename(path));
    if (!this.#fresh) this.#removed.add(path);
  }

  /** Removes a path, and the directories above it that this leaves empty. */
  prune(path: string): void {
    this.remove(path);
    const above = posix.dirname(path);
    if (above !== '/' && this.list(above).length === 0) this.prune(above);
  }

  #put(path: string, entry: TreeEntry): void {
    this.#entries.set(path, entry);
    let child = path;
    while (child !== '/') {
      const parent = posix.dirname(child);
      const siblings = this.#children.get(parent);
      const name = posix.basename(child);
      if (siblings?.has(name) === true) return;
      if (siblings === undefined) this.#children.set(parent, new Set([name]));
      else siblings.add(name);
      child = parent;
    }
  }

  #onDisk<Result>(path: string, look: (file: string) => Result): Result | undefined {
    if (this.#fresh || this.#isRemoved(path)) return undefined;
    try {
      return look(this.#root + path);
    } catch {
      return undefined;
    }
  }

  #isRemoved(path: string): boolean {
    for (let at = path; this.#removed.size > 0 && at !== '/'; at = posix.dirname(at)) {
      if (this.#removed.has(at)) return true;
    }
    return false;
  }
}
